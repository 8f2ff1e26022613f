#include "tools/stamp_bench/stream_cost.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <stdexcept>

#include "core/device/cuda/kernel_images.h"
#include "core/device/device_unavailable.h"
#include "core/device/stamp_access.h"
#include "tools/stamp_bench/bench_image.h"

namespace kvtool::stamp_bench {
namespace {

using cuda::Address;
using nlohmann::ordered_json;

constexpr unsigned kIterations = 1000;
// In the queue before the stream begins: far less than a queue holds, whatever each takes of it. A call that
// found no room would wait for the stream, which waits for the call.
constexpr unsigned kQueued = 100;
constexpr unsigned kFloats = 1 << 20, kThreads = 256, kBlocks = kFloats / kThreads;
constexpr unsigned kSlots = 1024;
constexpr unsigned long long kHoldLimitNs = 500'000'000;
constexpr int kThreadLocalCapture = 1;

// As native/cuda/stamp.cuh has it.
struct StampCursor {
  StampSlot* slots;
  std::uint64_t mask;
  Address stamped;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// On stderr, so that a way that never ends can be told.
template <class Way>
void say(const Way& way, const char* how) {
  std::cerr << way.name << ", " << how << std::endl;
}

// Of the rounds' differences: both numbers of one come from the same moment.
ordered_json against(const std::vector<double>& with, const std::vector<double>& without) {
  std::vector<double> added;
  for (std::size_t i = 0; i < with.size(); ++i) added.push_back(with[i] - without[i]);
  return {{"us", median(with)},
          {"addedUs", median(added)},
          {"addedMinUs", *std::min_element(added.begin(), added.end())},
          {"addedMaxUs", *std::max_element(added.begin(), added.end())}};
}

}  // namespace

struct StreamCost::Graph {
  explicit Graph(const DriverCalls& given) : calls(given) {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() {
    if (executable != nullptr) (void)calls.destroy_executable(executable);
    if (graph != nullptr) (void)calls.destroy_graph(graph);
  }
  const DriverCalls& calls;
  Handle graph = nullptr, executable = nullptr;
};

StreamCost::StreamCost(const std::string& library)
    : driver_(cuda::open_driver(cuda::Vendor::cuda, library)),
      calls_(find_calls(driver_.file)),
      context_(driver_, cuda::Context::Options{}) {
  const cuda::KernelImages images = cuda::embedded_images();
  if (!images.complete() || bench_image().empty())
    throw DeviceUnavailable("this build of kvtool has no GPU kernels: no nvcc was found when it was built",
                            "install the CUDA toolkit and build again: npm run build:native");
  const cuda::DriverApi& api = context_.api();
  check(cuda::Module::create(context_, images.hold, "kvtool_stamp", &kernels_));
  check(cuda::Module::create(context_, bench_image(), "kvtool_bench_move", &bench_));
  check(context_.call(api.stream_create, "create a stream", &stream_, cuda::kNonBlockingStream));
  begin_ = make_event(0);
  end_ = make_event(0);
  for (unsigned i = 0; i < kIterations; ++i) {
    timing_events_.push_back(make_event(0));
    plain_events_.push_back(make_event(cuda::kEventWithoutTiming));
  }
  data_ = allocate(kFloats * sizeof(float));
  counters_ = allocate(2 * sizeof(std::uint64_t));
  void* pinned = nullptr;
  check(context_.call(api.allocate_host, "allocate pinned memory", &pinned,
                      kSlots * sizeof(StampSlot) + sizeof(cuda::HoldWords),
                      cuda::kHostPortable | cuda::kHostMapped));
  slots_ = static_cast<StampSlot*>(pinned);
  hold_ = reinterpret_cast<cuda::HoldWords*>(slots_ + kSlots);
  clear_slots();
}

// The process ends with it: what it made goes with the context.
StreamCost::~StreamCost() { (void)context_.call(context_.api().synchronize, "finish all work"); }

void StreamCost::check(Status status) const {
  if (status != Status::ok) throw std::runtime_error(context_.errors().describe(status));
}

void StreamCost::check(Result result, const char* doing) const {
  if (result != 0)
    throw std::runtime_error("cannot " + std::string(doing) + ": " + cuda::error_text(driver_.api, result));
}

Handle StreamCost::make_event(unsigned flags) const {
  Handle event = nullptr;
  check(context_.call(context_.api().event_create, "create an event", &event, flags));
  return event;
}

void* StreamCost::allocate(std::size_t bytes) const {
  Address address = 0;
  check(context_.call(context_.api().allocate, "allocate device memory", &address, bytes));
  const std::vector<std::byte> zeros(bytes);
  check(context_.call(context_.api().copy, "clear device memory", address,
                      reinterpret_cast<Address>(zeros.data()), bytes));
  return reinterpret_cast<void*>(address);
}

Handle StreamCost::find(const cuda::Module& module, const char* kernel) const {
  Handle found = nullptr;
  check(module.find(kernel, &found));
  return found;
}

template <class... Arguments>
void StreamCost::launch(Handle kernel, unsigned blocks, unsigned threads, Arguments... arguments) {
  std::array<void*, sizeof...(arguments)> pointers{&arguments...};
  check(context_.call(context_.api().launch, "launch a kernel", kernel, blocks, 1u, 1u, threads, 1u, 1u, 0u,
                      stream_, pointers.data(), static_cast<void**>(nullptr)));
}

std::vector<StreamCost::Way> StreamCost::ways() {
  const cuda::DriverApi& api = context_.api();
  const Handle move = bench_.kernel(), stamping = find(bench_, "kvtool_bench_move_stamping"),
               last = find(bench_, "kvtool_bench_move_last_stamps"),
               stamping_next = find(bench_, "kvtool_bench_move_stamping_next"), stamp = kernels_.kernel(),
               stamp_next = find(kernels_, "kvtool_stamp_next");
  const StampCursor cursor{slots_, kSlots - 1, reinterpret_cast<Address>(counters_) + sizeof(std::uint64_t)};
  const auto work = [this, move] { launch(move, kBlocks, kThreads, data_, kFloats); };
  const auto number = [](unsigned i) { return std::uint64_t{i} + 1; };
  return {
      {"nothing", "the kernel alone", [=](unsigned) { work(); }},
      {"stampedByKernel", "one thread of the kernel stamps when it begins",
       [=, this](unsigned i) { launch(stamping, kBlocks, kThreads, data_, kFloats, slots_ + i, number(i)); },
       true},
      {"stampedByLastBlock", "the block of the kernel that ends last stamps",
       [=, this](unsigned i) {
         launch(last, kBlocks, kThreads, data_, kFloats, slots_ + i, number(i), counters_);
       },
       true},
      {"stampedByKernelNumberedByGpu", "one thread of the kernel stamps and counts",
       [=, this](unsigned) { launch(stamping_next, kBlocks, kThreads, data_, kFloats, cursor); }, true, true},
      {"standAlone", "a kernel of one thread stamps",
       [=, this](unsigned i) {
         work();
         launch(stamp, 1, 1, slots_ + i, number(i));
       },
       true},
      {"standAloneNumberedByGpu", "a kernel of one thread stamps and counts",
       [=, this](unsigned) {
         work();
         launch(stamp_next, 1, 1, cursor);
       },
       true, true},
      {"eventWithoutTiming", "cuEventRecord, timing disabled",
       [=, this, &api](unsigned i) {
         work();
         check(context_.call(api.event_record, "record an event", plain_events_[i], stream_));
       },
       false, false, false},
      {"eventWithTiming", "cuEventRecord with timing",
       [=, this, &api](unsigned i) {
         work();
         check(context_.call(api.event_record, "record an event", timing_events_[i], stream_));
       },
       false, false, false},
      {"hostFunction", "cuLaunchHostFunc, which increments a number",
       [=, this, &api](unsigned) {
         work();
         check(context_.call(
             api.launch_host_function, "launch a host function", stream_,
             static_cast<cuda::HostCallback>([](void* count) { ++*static_cast<unsigned*>(count); }),
             static_cast<void*>(&host_functions_run_)));
       },
       false, false, true, false},
  };
}

void StreamCost::synchronize() const {
  check(context_.call(context_.api().stream_synchronize, "wait for the stream", stream_));
}

// REQUIRES: the stream is idle.
void StreamCost::clear_slots() {
  std::fill_n(slots_, kSlots, StampSlot{});
  const std::array<std::uint64_t, 2> zeros{};
  check(context_.call(context_.api().copy, "clear the counters", reinterpret_cast<Address>(counters_),
                      reinterpret_cast<Address>(zeros.data()), sizeof(zeros)));
}

// A way that stamps is measured only if it stamped.
void StreamCost::require_stamps(const Way& way, unsigned count) const {
  if (!way.stamps) return;
  std::uint64_t before = 0;
  for (unsigned i = 0; i < count; ++i) {
    const StampReading stamp = read_stamp(slots_[i]);
    if (stamp.sequence != i + 1 || stamp.time < before || stamp.time == 0)
      throw std::runtime_error(std::string(way.name) + ": slot " + std::to_string(i) +
                               " has sequence number " + std::to_string(stamp.sequence) + " and time " +
                               std::to_string(stamp.time) + ", expected number " + std::to_string(i + 1) +
                               " and a later time than before");
    before = stamp.time;
  }
}

double StreamCost::time_launched(const Way& way) {
  const cuda::DriverApi& api = context_.api();
  check(context_.call(api.event_record, "record an event", begin_, stream_));
  for (unsigned i = 0; i < kIterations; ++i) way.iterate(i);
  check(context_.call(api.event_record, "record an event", end_, stream_));
  synchronize();
  float ms = 0;
  check(calls_.elapsed(&ms, begin_, end_), "read the time");
  require_stamps(way, kIterations);
  return ms * 1e3 / kIterations;
}

// The stream stands still until everything is in its queue: then the host's speed has no part in it.
double StreamCost::time_queued(const Way& way) {
  const cuda::DriverApi& api = context_.api();
  const Handle hold = find(kernels_, "kvtool_hold");
  *hold_ = {};
  launch(hold, 1, 1, hold_, kHoldLimitNs);
  check(context_.call(api.event_record, "record an event", begin_, stream_));
  for (unsigned i = 0; i < kQueued; ++i) way.iterate(i);
  check(context_.call(api.event_record, "record an event", end_, stream_));
  if (hold_->read_state() == 2)
    throw std::runtime_error(std::string(way.name) + ": the stream began before everything was in its queue");
  hold_->let_go();
  synchronize();
  float ms = 0;
  check(calls_.elapsed(&ms, begin_, end_), "read the time");
  require_stamps(way, kQueued);
  return ms * 1e3 / kQueued;
}

std::unique_ptr<StreamCost::Graph> StreamCost::capture(const Way& way) {
  auto made = std::make_unique<Graph>(calls_);
  check(calls_.begin_capture(stream_, kThreadLocalCapture), "begin to capture");
  for (unsigned i = 0; i < kIterations; ++i) way.iterate(i);
  check(calls_.end_capture(stream_, &made->graph), "end the capture");
  check(calls_.instantiate(&made->executable, made->graph, 0), "make the graph executable");
  return made;
}

double StreamCost::time_graph(Handle executable) {
  const cuda::DriverApi& api = context_.api();
  check(context_.call(api.event_record, "record an event", begin_, stream_));
  check(calls_.launch_graph(executable, stream_), "launch the graph");
  check(context_.call(api.event_record, "record an event", end_, stream_));
  synchronize();
  float ms = 0;
  check(calls_.elapsed(&ms, begin_, end_), "read the time");
  return ms * 1e3 / kIterations;
}

ordered_json StreamCost::measure(unsigned rounds) {
  std::vector<Way> all = ways();
  std::vector<std::unique_ptr<Graph>> graphs;
  for (const Way& way : all) {
    say(way, "captured");
    way.iterate(
        0);  // loads its kernels, which waits for the device: neither a capture nor a held stream allows that
    synchronize();
    graphs.push_back(way.in_graph ? capture(way) : nullptr);
  }
  // Two rounds first, which nobody looks at: clocks rise.
  for (unsigned round = 0; round < rounds + 2; ++round) {
    const bool first = round == 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      Way& way = all[i];
      clear_slots();
      if (first) say(way, "launched");
      const double launched = time_launched(way);
      clear_slots();
      if (first) say(way, "queued");
      const double queued = way.held ? time_queued(way) : 0;
      clear_slots();
      if (first) say(way, "in a graph");
      const double graph = way.in_graph ? time_graph(graphs[i]->executable) : 0;
      if (way.in_graph) require_stamps(way, kIterations);
      if (round < 2) continue;
      way.launched.push_back(launched);
      if (way.held) way.queued.push_back(queued);
      if (way.in_graph) way.graph.push_back(graph);
    }
  }
  const Way& bare = all.front();
  ordered_json document{{"iterations", kIterations},
                        {"rounds", rounds},
                        {"unit", "µs per iteration, median over rounds"},
                        {"ways", ordered_json::object()}};
  for (const Way& way : all) {
    ordered_json entry{{"what", way.what}, {"launched", against(way.launched, bare.launched)}};
    if (way.held) entry["queued"] = against(way.queued, bare.queued);
    if (way.in_graph) entry["graph"] = against(way.graph, bare.graph);
    document["ways"][way.name] = std::move(entry);
  }
  return document;
}

}  // namespace kvtool::stamp_bench
