#include "tools/stamp_bench/graph_events.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include "core/device/cuda/driver_library.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"
#include "tools/stamp_bench/driver_calls.h"

namespace kvtool::stamp_bench {
namespace {

void require(const Device& device, Status status, const char* doing) {
  if (status != Status::ok)
    throw std::runtime_error(std::string("cannot ") + doing + ": " + device.describe(status));
}

void check(Result result, const char* doing) {
  if (result != 0)
    throw std::runtime_error(std::string("cannot ") + doing + ": error " + std::to_string(result));
}

}  // namespace

nlohmann::ordered_json measure_graph_events(CudaDevice& device, unsigned events, unsigned launches) {
  constexpr int kThreadLocalCapture = 1;
  const DriverCalls calls = find_calls(cuda::open_driver(cuda::Vendor::cuda).file);
  EventBus<RealRuntime> bus(device);
  bus.declare("E");
  bus.use_stamps({.graph_events = events});
  std::atomic<std::uint64_t> came{0}, worst{0};
  bus.subscribe("E", [&](const Event& event) {
    came.fetch_add(1, std::memory_order_relaxed);
    worst.store(std::max(worst.load(std::memory_order_relaxed), event.error_ns), std::memory_order_relaxed);
  });
  bus.start();
  StreamId stream{};
  void* native = nullptr;
  require(device, device.create_stream(&stream), "make a stream");
  require(device, device.native_stream(stream, &native), "have the driver's stream");
  Handle graph = nullptr, executable = nullptr;
  check(calls.begin_capture(native, kThreadLocalCapture), "begin to capture");
  for (unsigned i = 0; i < events; ++i)
    require(device, bus.publish_in_graph(stream, {.type = "E", .session = std::to_string(i)}),
            "capture a stamp");
  check(calls.end_capture(native, &graph), "end the capture");
  check(calls.instantiate(&executable, graph, 0), "make the graph executable");
  for (unsigned i = 0; i < launches; ++i) {
    check(calls.launch_graph(executable, native), "launch the graph");
    // Not further ahead than the reader may be behind.
    if (i % 256 == 255) require(device, device.synchronize_stream(stream), "wait for the graph");
  }
  require(device, device.synchronize_stream(stream), "wait for the graph");
  const StopReport stopped = bus.stop(std::chrono::seconds(10));
  const BusStats stats = bus.stats();
  (void)calls.destroy_executable(executable);
  (void)calls.destroy_graph(graph);
  return {{"events", events},
          {"launches", launches},
          {"published", stats.published},
          {"delivered", came.load()},
          {"overwritten", stats.overwritten},
          {"lost", stats.lost()},
          {"largestErrorNs", worst.load()},
          {"complete", stopped.complete}};
}

}  // namespace kvtool::stamp_bench
