#include "core/device/table/bench.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/device/table/attempt.h"

namespace kvtool::table {
namespace {

// Far more than an idle device needs to begin what it is given.
constexpr std::chrono::seconds kBegins{20};
constexpr std::size_t kPoolBytes = std::size_t{1} << 20;

}  // namespace

Bench::Bench(Device& given, std::string_view blocker, BenchOptions chosen)
    : device(given), options(std::move(chosen)) {
  require(device.create_stream(&s), "create stream S");
  require(device.create_stream(&o), "create another stream");
  require(device.create_priority_stream(&high_priority), "create a stream of high priority");
  require(device.create_event(&done_event), "create an event");
  for (Buffers* buffers : {&first, &second}) prepare(*buffers);
  for (const ModuleContent content : {ModuleContent::plain, ModuleContent::large_variable,
                                      ModuleContent::local_memory, ModuleContent::prints})
    require(device.create_module_of(content, &cold_.at(static_cast<std::size_t>(content))),
            "register a module");
  warm_up();
  block(blocker);
}

void Bench::require(Status status, const char* doing) const {
  if (status != Status::ok)
    throw std::runtime_error(
        std::string("cannot ").append(doing).append(": ").append(device.describe(status)));
}

void Bench::prepare(Buffers& buffers) {
  const std::size_t bytes = options.buffer_bytes;
  require(device.allocate(bytes, MemoryKind::device, &buffers.on_device), "allocate device memory");
  require(device.allocate(bytes, MemoryKind::device, &buffers.to_free), "allocate device memory");
  require(device.allocate(bytes, MemoryKind::pinned, &buffers.pinned), "allocate pinned memory");
  require(device.allocate(bytes, MemoryKind::pinned, &buffers.pinned_to_free), "allocate pinned memory");
  require(device.create_event(&buffers.event), "create an event");
  require(device.create_event(&buffers.spare_event), "create an event");
  require(device.create_stream(&buffers.spare_stream), "create a stream");
  require(device.allocate_from_pool(kPoolBytes, o, &buffers.from_pool), "allocate from the pool");
  buffers.pageable.resize(bytes, std::byte{1});
}

// Each kind of work once on each stream: what a driver does only the first time is not what is measured.
void Bench::warm_up() {
  for (const StreamId stream : {s, o, high_priority}) {
    require(launch(stream), "launch a kernel");
    require(device.launch_host_function(stream, nothing, nullptr), "launch a host function");
  }
  void* pooled = nullptr;  // so that the pool has a block
  require(device.allocate_from_pool(kPoolBytes, o, &pooled), "allocate from the pool");
  require(device.free_to_pool(pooled, o), "free to the pool");
  require(device.record_event(done_event, o), "record an event");
  require(device.synchronize_device(), "wait for the device");
}

void Bench::block(std::string_view blocker) {
  if (blocker == kStuckHostFunction)
    require(device.launch_host_function(s, Gate::pass, &gate), "launch the blocking host function");
  else if (blocker == kStuckKernel)
    require(device.launch_kernel(s, device.loaded_module(), gate.kernel()), "launch the blocking kernel");
  else
    throw std::invalid_argument("there is no blocker \"" + std::string(blocker) + "\"");
  if (!gate.wait_until_entered(kBegins))
    throw std::runtime_error("the device did not begin the blocker within 20 s");
}

Status Bench::launch_cold(ModuleContent content) {
  return device.launch_kernel(o, cold_.at(static_cast<std::size_t>(content)), {});
}

Status Bench::host_function_runs(StreamId stream) {
  const Status status = device.launch_host_function(stream, nothing, nullptr);
  if (status != Status::ok) return status;
  if (options.settle) {
    options.settle();
    if (device.query_stream(stream) == Status::not_ready) Attempt::report("stream", "host function");
  }
  return device.synchronize_stream(stream);
}

}  // namespace kvtool::table
