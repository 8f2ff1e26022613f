// EventBus: brings events from streams and host code to subscribers, on one drain thread of its own.
//
//   EventBus<RealRuntime> bus(device);
//   bus.declare("STORE_END");
//   bus.subscribe("STORE_END", [](const Event& event) { ... });     // runs on the thread "kv-bus-drain"
//   bus.start();
//   bus.publish_on_stream(stream, {.type = "STORE_END", .session = "req-7"});
//   bus.stop(std::chrono::seconds(1));
//
// With use_stamps() there is a third way, publish_stamped(): as publish_on_stream(), without a host function.
// There the GPU stores its clock into memory that another thread reads (stamp_recorder.h).
//
// A bus lives once: after stop() make a new one. All calls may be made from any thread and, but for the
// destructor, from subscribers. None of them calls a subscriber or holds a lock of the bus while it calls the
// device. Templates over Rt, the runtime policy of real_runtime.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/bus_stats.h"
#include "core/recorder/cost.h"
#include "core/recorder/event_recorder.h"
#include "core/recorder/stamp_recorder.h"
#include "core/recorder/subscriptions.h"

namespace kvtool {

struct BusOptions {
  // The capacity counts host events and events of streams alike; see RecorderOptions.
  RecorderOptions recorder = {};
  // Events taken from the recorder at a time. Bounds what is in memory beyond the capacity.
  std::size_t batch = 256;
};

struct StopReport {
  bool complete = false;        // everything below is zero: nothing was lost by stopping, and nothing runs on
  std::uint64_t in_flight = 0;  // host functions and stamps that had not come in time; they will be discarded
  bool drain_thread_runs =
      false;  // a subscriber has not returned, or events are left: call stop() again to wait
  std::uint64_t undelivered = 0;  // events that no drain thread will dispatch
};

template <class Rt>
class EventBus {
 public:
  // `device` must outlive the last call of publish_on_stream.
  explicit EventBus(Device& device, const BusOptions& options = {})
      : device_(device),
        batch_size_(options.batch == 0 ? 1 : options.batch),
        recorder_(device, options.recorder) {
    batch_.reserve(batch_size_);
  }
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  // Closes without waiting for host functions and without dispatching what is left, but waits for the
  // subscriber that is running: its captures may go out of scope next. Call stop() first to have events
  // delivered, and to have a time limit.
  ~EventBus() {
    if (Rt::is_over()) return;
    // Relaxed: it only cuts the drain thread short; what it publishes is published by the locks.
    abandon_.store(true, std::memory_order_relaxed);
    stamps_.reset();
    recorder_.close(std::chrono::nanoseconds::zero());
    drain_.join();
  }

  // Makes publish_stamped() work. Throws std::runtime_error when the device cannot stamp. From here on
  // `device` must outlive the bus. REQUIRES: before start(), and once.
  void use_stamps(const StampOptions& options = {}) {
    stamps_ = std::make_unique<StampRecorder>(
        device_,
        [this](Event&& event, const HostTime& when) {
          // Refused, it is counted there.
          (void)recorder_.record_at(std::move(event), when.monotonic_ns, when.error_ns);
        },
        options);
  }

  // An event whose type is not declared when its turn comes is counted and dropped.
  void declare(const std::string& type) { subscriptions_.declare(type); }

  // `subscriber` sees the events published after subscribe() returned, and perhaps some from before. `none`
  // when the type was not declared. An exception that it throws is counted and stops nothing.
  SubscriptionId subscribe(const std::string& type, Subscriber subscriber) {
    return subscriptions_.add(type, std::move(subscriber));
  }

  // No call of the subscriber begins after this returns; one that is under way may still be running, and its
  // function object lives until it ends. True when certainly none is: then what it refers to may be freed.
  // Waits for that for at most `timeout`; do not wait with a lock that the subscriber may want, such as the
  // GIL. From inside a subscriber it never waits.
  bool unsubscribe(SubscriptionId id, std::chrono::nanoseconds timeout = std::chrono::nanoseconds::zero()) {
    const auto subscription = subscriptions_.remove(id);
    if (subscription == nullptr) return true;
    return subscription->cancel(on_drain_thread() ? std::chrono::nanoseconds::zero() : timeout);
  }

  // Records a host event, stamped now. The statuses are EventRecorder's.
  Status publish(Event event) {
    const std::uint64_t begin = Rt::clock::monotonic_ns();
    published_.fetch_add(1, std::memory_order_relaxed);
    const Status status = recorder_.record(std::move(event));
    publish_cost_.add(Rt::clock::monotonic_ns() - begin);
    return status;
  }

  // Records an event that happens when `stream` gets there. The statuses are EventRecorder's.
  Status publish_on_stream(StreamId stream, Event event) {
    const std::uint64_t begin = Rt::clock::monotonic_ns();
    published_.fetch_add(1, std::memory_order_relaxed);
    const Status status = recorder_.record_on_stream(stream, std::move(event));
    publish_on_stream_cost_.add(Rt::clock::monotonic_ns() - begin);
    return status;
  }

  // The same by a stamp of the GPU: no host function, so nothing that the stream could wait for. The statuses
  // are StampRecorder's; not_supported without use_stamps().
  Status publish_stamped(StreamId stream, Event event) {
    const std::uint64_t begin = Rt::clock::monotonic_ns();
    published_.fetch_add(1, std::memory_order_relaxed);
    if (stamps_ == nullptr) {
      no_stamps_.fetch_add(1, std::memory_order_relaxed);
      return Status::not_supported;
    }
    const Status status = stamps_->record_on_stream(stream, std::move(event));
    publish_on_stream_cost_.add(Rt::clock::monotonic_ns() - begin);
    return status;
  }

  // The same whenever a launch of the graph that is being captured on `stream` comes there; see
  // StampRecorder::record_in_graph(). not_supported without use_stamps().
  Status publish_in_graph(StreamId stream, Event event) {
    const Status status =
        stamps_ == nullptr ? Status::not_supported : stamps_->record_in_graph(stream, std::move(event));
    if (stamps_ == nullptr) no_stamps_.fetch_add(1, std::memory_order_relaxed);
    if (status != Status::ok) published_.fetch_add(1, std::memory_order_relaxed);
    return status;
  }

  // Starts the drain thread, which first dispatches what was published before. False when it was started or
  // stopped before. Throws std::system_error when there is no thread to be had; then start() may be tried
  // again.
  bool start() {
    const std::lock_guard guard(life_mutex_);
    Life& life = life_.write();
    if (life.started || life.stopped) return false;
    if (stamps_ != nullptr) stamps_->start();
    drain_ = typename Rt::thread("kv-bus-drain", [this] { drain_loop(); });
    life.started = true;
    return true;
  }

  // Refuses new events, waits for the host functions and stamps in flight and then for the drain thread to
  // dispatch everything, `timeout` for all together. May be called again to wait longer. From inside a
  // subscriber it does not wait for the drain thread.
  StopReport stop(std::chrono::nanoseconds timeout) {
    const std::uint64_t deadline = deadline_after<typename Rt::clock>(timeout);
    // First: what it reads goes to the recorder.
    const std::uint64_t stamps_left = stamps_ == nullptr ? 0 : stamps_->close(timeout);
    const CloseReport closed = recorder_.close(left_until(deadline, timeout));
    StopReport report;
    {
      std::unique_lock lock(life_mutex_);
      life_.write().stopped = true;
      bool expired = drain_.is_current();
      while (!drained_locked() && !expired) {
        if (timeout == kForever)
          drain_ended_.wait(lock);
        else
          expired = !drain_ended_.wait_until(lock, deadline);
      }
      report.drain_thread_runs = !drained_locked();
    }
    report.in_flight = closed.in_flight + stamps_left;
    report.undelivered = stats().undelivered;
    report.complete =
        closed.complete && stamps_left == 0 && !report.drain_thread_runs && report.undelivered == 0;
    return report;
  }

  BusStats stats() const {
    // Asked first: once no drain thread will ever run and the recorder is closed, what is pending stays
    // pending.
    const bool over = is_over();
    const RecorderStats recorder = recorder_.stats();
    const StampStats stamps = stamps_ == nullptr ? StampStats{} : stamps_->stats();
    BusStats stats{
        .published = published_.load(std::memory_order_relaxed) + stamps.graph_read + stamps.overwritten,
        .delivered = delivered_.load(std::memory_order_relaxed),
        .unknown_type = unknown_type_.load(std::memory_order_relaxed),
        .subscriber_threw = subscriber_threw_.load(std::memory_order_relaxed),
        .refused_full = recorder.refused_full + stamps.refused_full,
        .refused_closed = recorder.refused_closed + stamps.refused_closed,
        .launch_failed =
            recorder.launch_failed + stamps.launch_failed + no_stamps_.load(std::memory_order_relaxed),
        .discarded_late = recorder.discarded_late,
        .overwritten = stamps.overwritten,
        .pending = recorder.pending,
        .in_flight = recorder.in_flight + stamps.in_flight,
        .dispatch_latency = dispatch_latency_.read(),
        .publish_cost = publish_cost_.read(),
        .publish_on_stream_cost = publish_on_stream_cost_.read(),
        .stamps = stamps};
    if (over) stats.undelivered = std::exchange(stats.pending, 0);
    return stats;
  }

 private:
  struct Life {
    bool started = false;
    bool stopped = false;
    bool drain_ended = false;
  };

  // What is left of `timeout` until `deadline`, which it was.
  static std::chrono::nanoseconds left_until(std::uint64_t deadline, std::chrono::nanoseconds timeout) {
    if (timeout == kForever) return timeout;
    const std::uint64_t now = Rt::clock::monotonic_ns();
    return std::chrono::nanoseconds(deadline > now ? static_cast<std::int64_t>(deadline - now) : 0);
  }

  // The drain thread. Nothing in here throws: the batch has its memory, and subscribers' exceptions end in
  // call().
  void drain_loop() {
    while (recorder_.wait() == Wake::events && !abandon_.load(std::memory_order_relaxed)) {
      recorder_.drain(batch_, batch_size_);
      // After the drain: an event published after subscribe() returned finds its subscriber in this snapshot.
      const auto table = subscriptions_.snapshot();
      for (const Event& event : batch_) {
        if (abandon_.load(std::memory_order_relaxed)) break;
        dispatch(event, *table);
      }
      batch_.clear();
    }
    {
      const std::lock_guard guard(life_mutex_);
      life_.write().drain_ended = true;
    }
    drain_ended_.notify_all();
  }

  void dispatch(const Event& event, const typename Subscriptions<Rt>::Table& table) {
    dispatch_latency_.add(Rt::clock::monotonic_ns() - event.monotonic_ns);
    const auto entry = table.find(event.type);
    if (entry == table.end()) {
      unknown_type_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    for (const auto& subscription : entry->second) {
      if (!subscription->call(event)) subscriber_threw_.fetch_add(1, std::memory_order_relaxed);
    }
    delivered_.fetch_add(1, std::memory_order_relaxed);
  }

  // REQUIRES: life_mutex_ held. No drain thread is running.
  bool drained_locked() const { return !life_.read().started || life_.read().drain_ended; }

  bool is_over() const {
    const std::lock_guard guard(life_mutex_);
    return life_.read().stopped && drained_locked();
  }

  bool on_drain_thread() const {
    const std::lock_guard guard(life_mutex_);
    return drain_.is_current();
  }

  Device& device_;
  const std::size_t batch_size_;
  EventRecorder<Rt> recorder_;
  Subscriptions<Rt> subscriptions_;
  // The drain thread's own; a member so that its memory is there before the thread is.
  std::vector<Event> batch_;

  // Guards life_ and the identity of drain_; held while a thread is started, never while a subscriber runs or
  // the drain thread is joined.
  mutable typename Rt::mutex life_mutex_{"bus life"};
  typename Rt::condvar drain_ended_{"drain thread ended"};  // with life_mutex_
  typename Rt::template plain<Life> life_;
  // Set by the destructor, read between events. Relaxed; see there.
  typename Rt::template atomic<bool> abandon_{false};

  // Counters: relaxed, because they decide nothing. Exact for whoever called stop() and found it complete:
  // the locks that it went through order them.
  typename Rt::template atomic<std::uint64_t> published_{0};
  typename Rt::template atomic<std::uint64_t> delivered_{0};
  typename Rt::template atomic<std::uint64_t> unknown_type_{0};
  typename Rt::template atomic<std::uint64_t> subscriber_threw_{0};
  typename Rt::template atomic<std::uint64_t> no_stamps_{0};
  CostMeter<Rt> dispatch_latency_;
  CostMeter<Rt> publish_cost_;
  CostMeter<Rt> publish_on_stream_cost_;

  // The two below last, so that their threads are joined before what they use is destroyed.
  typename Rt::thread drain_;
  // Set once, before start(); null: none. Its thread hands events to recorder_.
  std::unique_ptr<StampRecorder> stamps_;
};

}  // namespace kvtool
