// Bench: a device with a blocker on stream S, and everything that the calls of the driver table need.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "core/device/device.h"
#include "core/device/table/gate.h"

namespace kvtool::table {

inline constexpr std::string_view kStuckHostFunction = "host function that does not return";
inline constexpr std::string_view kStuckKernel = "kernel that does not finish";

struct BenchOptions {
  // The buffers that are copied. On the simulated device the size of a copy changes nothing, so small ones
  // serve.
  std::size_t buffer_bytes = std::size_t{64} << 20;
  // Waits until the device can do nothing more by itself. Empty: it cannot be told, and time decides.
  std::function<void()> settle;
};

class Bench {
 public:
  // Throws std::runtime_error that names the call which failed. Returns when the blocker is in place.
  Bench(Device& device, std::string_view blocker, BenchOptions options);

  // A kernel of a module that is loaded.
  Status launch(StreamId stream) { return device.launch_kernel(stream, device.loaded_module(), {}); }
  // The first launch from a module that is not.
  Status launch_cold(ModuleContent content);
  // Enqueues a host function; returns when it has run.
  Status host_function_runs(StreamId stream);
  // A host function that does nothing.
  static void nothing(void*) {}

  // What one of the two calls works with; they end at the same time, so each has its own.
  struct Buffers {
    void* on_device = nullptr;
    void* to_free = nullptr;
    void* pinned = nullptr;
    void* pinned_to_free = nullptr;
    void* from_pool = nullptr;
    std::vector<std::byte> pageable;
    StreamId spare_stream{};
    EventId event{}, spare_event{};
  };

  Device& device;
  const BenchOptions options;
  StreamId s{}, o{}, high_priority{};
  EventId done_event{};
  Buffers first, second;

 private:
  void require(Status status, const char* doing) const;
  void prepare(Buffers& buffers);
  void warm_up();
  void block(std::string_view blocker);

  std::array<ModuleId, 4> cold_{};  // by ModuleContent

 public:
  Gate gate{device};  // last: what it lets through must find the rest
};

}  // namespace kvtool::table
