#include "core/recorder/stamp_recorder.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "core/device/stamp_access.h"
#include "core/recorder/stamp_calibration.h"
#include "core/runtime/real_clock.h"

namespace kvtool {
namespace {

// How long the reading thread sleeps between two looks: short while stamps come, longer while a stream takes
// its time or is stuck.
constexpr std::chrono::microseconds kShortestNap{20}, kLongestNap{200};
// While only graphs may stamp, of which nobody says when they run.
constexpr std::chrono::microseconds kNapOfGraphs{1000};

// The first comparison after the constructor's comes soon: it is what the drift is known from.
constexpr std::chrono::nanoseconds kFirstComparison = std::chrono::milliseconds(20);

}  // namespace

StampRecorder::StampRecorder(Device& device, Sink sink, const StampOptions& options)
    : device_(device), sink_(std::move(sink)), options_(options) {
  const std::size_t each = options_.stamps_per_stream;
  if (each == 0 || (each & (each - 1)) != 0)
    throw std::runtime_error("stamps per stream: found " + std::to_string(each) +
                             ", expected a power of two");
  StampSlot* const slots = allocate((options_.streams + options_.graph_events) * each + 1);
  for (std::size_t i = 0; i < options_.streams; ++i)
    lanes_.push_back(std::make_unique<Lane>(slots + i * each, each));
  StampSlot* const of_graphs = slots + options_.streams * each;
  graphs_ = std::make_unique<StampGraphs>(device_, options_.graph_events, each, of_graphs,
                                          allocate_numbers(options_.graph_events));
  clock_slot_ = of_graphs + options_.graph_events * each;
  *clock_slot_ = {};
  require(device_.create_stream(&clock_stream_), "make a stream to compare the clocks on");
  require(calibrate(), "compare the clocks");
}

StampRecorder::~StampRecorder() {
  (void)close(std::chrono::nanoseconds::zero());
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  clock_thread_.join();
  drain_.join();
  (void)device_.destroy_stream(clock_stream_);
}

StampSlot* StampRecorder::allocate(std::size_t slots) {
  void* memory = nullptr;
  require(device_.allocate(slots * sizeof(StampSlot), MemoryKind::pinned, &memory),
          "allocate pinned memory for stamps");
  return static_cast<StampSlot*>(memory);
}

std::uint64_t* StampRecorder::allocate_numbers(std::size_t count) {
  if (count == 0) return nullptr;
  const std::vector<std::uint64_t> zeros(count);
  const std::size_t bytes = count * sizeof(zeros[0]);
  void* memory = nullptr;
  require(device_.allocate(bytes, MemoryKind::device, &memory), "allocate memory to number stamps in");
  require(device_.copy(memory, zeros.data(), bytes), "clear the numbers of stamps");
  // What was copied from pageable memory may still be on its way.
  require(device_.synchronize_device(), "wait for the numbers of stamps");
  return static_cast<std::uint64_t*>(memory);
}

void StampRecorder::require(Status status, const char* doing) const {
  if (status == Status::ok) return;
  throw std::runtime_error(std::string("cannot record by GPU stamps: cannot ") + doing + " on " +
                           std::string(device_.description()) + ": " + device_.describe(status));
}

void StampRecorder::start() {
  const std::lock_guard guard(mutex_);
  if (started_) return;
  drain_ = RealThread("kv-stamp-drain", [this] { drain_loop(); });
  if (options_.calibrate_every > std::chrono::nanoseconds::zero())
    clock_thread_ = RealThread("kv-stamp-clock", [this] { clock_loop(); });
  started_ = true;
}

// Recording

Status StampRecorder::record_on_stream(StreamId stream, Event&& event) {
  Lane* lane = nullptr;
  StampRing::Place place{};
  bool first = false;
  {
    const std::lock_guard guard(mutex_);
    if (refusing_) {
      refused_closed_.fetch_add(1, std::memory_order_relaxed);
      return Status::invalid_handle;
    }
    lane = lane_of(stream);
    const auto claimed = lane == nullptr ? std::nullopt : lane->ring.claim();
    if (!claimed) {
      refused_full_.fetch_add(1, std::memory_order_relaxed);
      return Status::out_of_memory;
    }
    place = *claimed;
    first = in_flight_.fetch_add(1, std::memory_order_relaxed) == 0;
  }
  if (first) changed_.notify_all();
  Event& kept = lane->events[lane->ring.index_of(place.sequence)];
  kept = std::move(event);
  const Status status = device_.stamp(stream, place.slot, place.sequence);
  if (status == Status::ok) {
    launched_.fetch_add(1, std::memory_order_relaxed);
    return status;
  }
  event = std::exchange(kept, Event{});
  launch_failed_.fetch_add(1, std::memory_order_relaxed);
  StampRing::cancel(place);
  end(1);
  return status;
}

Status StampRecorder::record_in_graph(StreamId stream, Event&& event) {
  {
    const std::lock_guard guard(mutex_);
    if (refusing_) {
      refused_closed_.fetch_add(1, std::memory_order_relaxed);
      return Status::invalid_handle;
    }
  }
  const Status status = graphs_->record(stream, std::move(event));
  if (status == Status::ok) {
    launched_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard guard(mutex_);
    changed_.notify_all();
  } else if (status == Status::out_of_memory) {
    refused_full_.fetch_add(1, std::memory_order_relaxed);
  } else {
    launch_failed_.fetch_add(1, std::memory_order_relaxed);
  }
  return status;
}

StampRecorder::Lane* StampRecorder::lane_of(StreamId stream) {
  if (const auto found = lane_by_stream_.find(stream); found != lane_by_stream_.end()) return found->second;
  for (const auto& lane : lanes_) {
    if (lane->ring.in_use() > 0) continue;
    if (lane->stream != StreamId{}) lane_by_stream_.erase(lane->stream);
    lane->stream = stream;
    lane_by_stream_.emplace(stream, lane.get());
    return lane.get();
  }
  return nullptr;
}

// Reading

void StampRecorder::drain_loop() {
  std::chrono::microseconds nap = kShortestNap;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] {
        return ending_ || in_flight_.load(std::memory_order_relaxed) > 0 || !graphs_->none();
      });
      if (ending_) return;
      ++looks_;
      if (refusing_) changed_.notify_all();  // close() waits for a look that began after it
    }
    if (drain() > 0) {
      nap = kShortestNap;
      continue;
    }
    std::this_thread::sleep_for(nap);
    nap = std::min(nap * 2, in_flight_.load(std::memory_order_relaxed) > 0 ? kLongestNap : kNapOfGraphs);
  }
}

std::size_t StampRecorder::drain() {
  for (const auto& lane : lanes_) {
    while (const auto stamp = lane->ring.read()) {
      Event& kept = lane->events[lane->ring.index_of(stamp->sequence)];
      // A cancelled place was counted out by who cancelled it.
      if (stamp->device_ns != 0) arrived_.push_back({stamp->device_ns, std::exchange(kept, Event{})});
      lane->ring.release();
    }
  }
  const std::size_t of_streams = arrived_.size();
  graphs_->read([this](std::uint64_t device_ns, Event&& event) {
    arrived_.push_back({device_ns, std::move(event)});
  });
  graph_read_.fetch_add(arrived_.size() - of_streams, std::memory_order_relaxed);
  // Each stream's stamps come in its order; those of two streams in the order of the GPU's clock.
  std::stable_sort(arrived_.begin(), arrived_.end(),
                   [](const Arrived& a, const Arrived& b) { return a.device_ns < b.device_ns; });
  for (Arrived& one : arrived_) {
    const HostTime when = clock_.to_host(one.device_ns);
    clock_error_ns_.store(when.error_ns, std::memory_order_relaxed);
    sink_(std::move(one.event), when);
  }
  const std::size_t count = arrived_.size();
  arrived_.clear();
  read_.fetch_add(count, std::memory_order_relaxed);
  end(of_streams);
  return count;
}

// After the sink has the events: who sees none in flight finds all of them handed on.
void StampRecorder::end(std::uint64_t stamps) {
  if (stamps == 0 || in_flight_.fetch_sub(stamps, std::memory_order_release) != stamps) return;
  const std::lock_guard guard(mutex_);
  changed_.notify_all();
}

// The clocks

Status StampRecorder::calibrate() {
  // A stamp of a comparison that was given up may still be on its way to the slot.
  if (read_stamp(*clock_slot_).sequence != clock_sequence_) return Status::not_ready;
  const Status status = make_brackets(device_, clock_stream_, *clock_slot_, &clock_sequence_,
                                      options_.brackets, options_.calibration_limit, &brackets_);
  if (status != Status::ok) return status;
  const auto error = clock_.calibrate(brackets_);
  if (!error) return Status::unknown;
  if (clock_.calibrations() == 1) clock_error_ns_.store(*error, std::memory_order_relaxed);
  return Status::ok;
}

void StampRecorder::clock_loop() {
  std::chrono::nanoseconds period = std::min(kFirstComparison, options_.calibrate_every);
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, period, [this] { return ending_; })) return;
    }
    const std::uint64_t launched =
        launched_.load(std::memory_order_relaxed) + graph_read_.load(std::memory_order_relaxed);
    if (launched == seen) continue;  // nobody's time would get better
    seen = launched;
    if (calibrate() != Status::ok) calibrations_failed_.fetch_add(1, std::memory_order_relaxed);
    period = std::min(period * 2, options_.calibrate_every);
  }
}

// The end

std::uint64_t StampRecorder::close(std::chrono::nanoseconds timeout) {
  const std::uint64_t deadline = deadline_after<RealClock>(timeout);
  std::unique_lock lock(mutex_);
  refusing_ = true;
  // A look that begins from now on has ended when the one behind it begins.
  const std::uint64_t looked = looks_ + 2;
  // Acquire: pairs with the reading thread's last count.
  const auto none = [this, looked] {
    return in_flight_.load(std::memory_order_acquire) == 0 &&
           (!started_ || graphs_->none() || looks_ >= looked);
  };
  if (timeout == kForever)
    changed_.wait(lock, none);
  else
    changed_.wait_until(lock, std::chrono::steady_clock::time_point(std::chrono::nanoseconds(deadline)),
                        none);
  return in_flight_.load(std::memory_order_acquire);
}

StampStats StampRecorder::stats() const {
  return {.read = read_.load(std::memory_order_relaxed),
          .in_flight = in_flight_.load(std::memory_order_acquire),
          .refused_full = refused_full_.load(std::memory_order_relaxed),
          .refused_closed = refused_closed_.load(std::memory_order_relaxed),
          .launch_failed = launch_failed_.load(std::memory_order_relaxed),
          .graph_read = graph_read_.load(std::memory_order_relaxed),
          .overwritten = graphs_->overwritten(),
          .calibrations = clock_.calibrations(),
          .calibrations_failed = calibrations_failed_.load(std::memory_order_relaxed),
          .clock_error_ns = clock_error_ns_.load(std::memory_order_relaxed)};
}

}  // namespace kvtool
