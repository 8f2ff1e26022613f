// DriverModel: what each call of a GPU driver takes and waits for, as data. The simulated device has no
// blocking behaviour of its own: it asks the model. The tables and where they were measured:
// docs/driver-model.md.
//
//   SimOptions options;
//   options.model = *find_driver_model("575-cuda12");
//   options.model[Call::event_record] = {};   // a driver whose event records take no lock
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvtool {

// A driver entry point. Calls whose behaviour depends on the state they meet have one entry for each state.
enum class Call : std::uint8_t {
  set_device,
  stream_create,
  stream_destroy,
  stream_synchronize,
  stream_query,
  device_synchronize,
  event_create,
  event_destroy,
  event_record,
  event_record_full,  // the stream's queue is full
  stream_wait_event,
  event_query,
  event_synchronize,
  launch_host_function,
  library_load,
  launch,        // of a kernel whose module is loaded
  launch_full,   // the stream's queue is full
  first_launch,  // the part of a launch that loads the kernel's module; an ordinary launch follows
  malloc,
  malloc_host,
  free,
  free_host,
  malloc_async,       // the pool has a block
  malloc_async_grow,  // the pool has none and asks the driver for memory
  free_async,
  memcpy_async,       // pinned or device memory, or pageable memory and an idle stream
  memcpy_async_full,  // the stream's queue is full
  memcpy_async_busy,  // pageable memory and a stream with unfinished work
  memcpy,
  pointer_attributes,
  memory_info,
  function_attributes,
};
inline constexpr std::size_t kCalls = static_cast<std::size_t>(Call::function_attributes) + 1;

// The name that lock lines, hooks and reports use: "cudaEventRecord", "cudaLaunchKernel (first load)".
std::string_view call_name(Call call);

enum class Hold : std::uint8_t { none, shared, exclusive };

enum class Wait : std::uint8_t {
  nothing,
  room,    // for a free entry in the stream's queue
  stream,  // for the stream's earlier work
  event,   // for the event's latest record
  device,  // for all earlier work of the device, host functions included
};

// The locks are taken in the order runtime (R), context (C), launch (W), and held during the wait.
struct Rule {
  Hold runtime = Hold::none;  // R: a mutex of the runtime library; one per process
  Hold context = Hold::none;  // C: a mutex; `shared` means `exclusive`
  Hold launch = Hold::none;   // W: a reader-writer lock
  Wait wait = Wait::nothing;
  bool operator==(const Rule&) const = default;
};

// Which host functions exclude each other.
enum class HostFunctionOrder : std::uint8_t { one_per_context, one_per_stream };

struct DriverModel {
  std::string name;
  std::array<Rule, kCalls> rules{};
  HostFunctionOrder host_functions = HostFunctionOrder::one_per_context;

  Rule& operator[](Call call) { return rules[static_cast<std::size_t>(call)]; }
  const Rule& operator[](Call call) const { return rules[static_cast<std::size_t>(call)]; }
};

DriverModel driver_580_cuda13();  // measured, every cell
DriverModel driver_575_cuda12();  // 580 plus the runtime mutex seen in a dump
DriverModel driver_hip();         // 580, but destroying an event waits for all streams

// The model of that name, or none; the names are those of driver_model_names().
std::optional<DriverModel> find_driver_model(std::string_view name);
std::vector<std::string> driver_model_names();

}  // namespace kvtool
