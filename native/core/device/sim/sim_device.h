// SimDevice: a software device whose calls block where a GPU driver's were measured to block
// (docs/driver-model.md), on real pthread locks, while its streams, events, host functions and copies really
// work.
//
//   SimOptions options;
//   options.flight = flight.get();
//   SimDevice device(std::move(options));
//   StreamId stream;
//   device.create_stream(&stream);
//   device.launch_kernel(stream, device.loaded_module(), [&] { sum += 1; });
//   device.synchronize_stream(stream);
//
// Nothing polls: an idle device, and a stuck one, uses no CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/device/device.h"
#include "core/device/sim/driver_model.h"
#include "core/runtime/flight.h"

namespace kvtool {

struct SimOptions {
  DriverModel model = driver_580_cuda13();

  // How many launches, copies and event records a stream holds before the next one waits; the one in
  // execution counts. About 1,000 on the measured driver. Host functions are not bounded.
  std::size_t queue_capacity = 1024;

  // What memory_info() and cudaMalloc go by. Memory is allocated only when asked for.
  std::size_t device_memory = std::size_t{4} << 30;

  // Where the device's own threads keep their lock lines; null: they keep none. Must outlive the device. The
  // lines of calling threads are bound by their owners (Flight::Thread).
  Flight* flight = nullptr;

  // Set it when a process has several devices: then every resource name ends in "@number".
  std::optional<unsigned> context;

  // Called on the thread that is about to block in the driver: it holds the locks that it will hold while it
  // waits, and no internal one. `resource` is what it waits for ("device:idle", "stream:3", "event:7"),
  // `call` is as in call_name(). May be called from several threads at once. It may block, which keeps the
  // call where it is; of the device it may use the observers only (pending_host_functions() and those below
  // it).
  std::function<void(std::string_view resource, std::string_view call)> on_wait;

  // The same for a driver lock that another thread has: "driver-lock:C", "driver-lock:R", "driver-lock:W".
  std::function<void(std::string_view resource, std::string_view call)> on_contended;
};

// Which calls of launch_host_function fail: the nth, and every multiple of `every`, counted from 1 since the
// injection; 0 means none. A call that fails enqueues nothing.
struct LaunchFailures {
  std::uint64_t nth = 0;
  std::uint64_t every = 0;
  Status status = Status::launch_failure;
};

class SimDevice final : public Device {
 public:
  explicit SimDevice(SimOptions options = {});
  // Waits until all work is done, so it ends if every kernel and host function does. REQUIRES: no call in
  // progress.
  ~SimDevice() override;

  std::string_view description() const override;
  Status set_device() override;

  Status create_stream(StreamId* out) override;
  // Work that the stream already has is still done.
  Status destroy_stream(StreamId stream) override;
  Status synchronize_stream(StreamId stream) override;
  Status query_stream(StreamId stream) override;
  Status synchronize_device() override;

  Status create_event(EventId* out) override;
  Status destroy_event(EventId event) override;
  Status record_event(EventId event, StreamId stream) override;
  Status wait_event(StreamId stream, EventId event) override;
  Status query_event(EventId event) override;
  Status synchronize_event(EventId event) override;

  Status launch_host_function(StreamId stream, HostFunction function, void* argument) override;
  // Its clock is the host's monotonic one plus kDeviceEpoch, so that nobody takes one for the other.
  Status stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) override;
  Status stamp_next(StreamId stream, const StampCursor& cursor) override;
  static constexpr std::uint64_t kDeviceEpoch = 1'000'000'000'000'000'000;
  Status create_module(ModuleId* out) override;
  // REQUIRES: `body` does not throw.
  Status launch_kernel(StreamId stream, ModuleId module, KernelBody body) override;
  ModuleId loaded_module() const override;

  Status allocate(std::size_t bytes, MemoryKind kind, void** out) override;
  Status free(void* pointer) override;
  Status allocate_from_pool(std::size_t bytes, StreamId stream, void** out) override;
  Status free_to_pool(void* pointer, StreamId stream) override;

  Status copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                    StreamId stream) override;
  Status copy(void* destination, const void* source, std::size_t bytes) override;

  Status pointer_attributes(const void* pointer, MemoryKind* out) override;
  Status memory_info(std::size_t* free_bytes, std::size_t* total_bytes) override;
  Status function_attributes(ModuleId module) override;

  // For scenarios and tests; none of these takes a driver lock.

  // Replaces whatever was injected before. `{}` ends it.
  void inject_launch_failure(LaunchFailures failures);

  // Host functions accepted and not returned, the one in progress included.
  std::size_t pending_host_functions() const;
  // Calls that wait for the device to be idle.
  std::size_t waiting_for_idle() const;

  // Waits until the device can do nothing more by itself while at most `in_user_code` kernels and host
  // functions have not returned (those that the caller keeps from returning). What has not happened by then
  // will not happen before one of them returns or another call is made.
  void settle(std::size_t in_user_code = 0) const;

  // The pthread_mutex_t behind C and the pthread_rwlock_t behind W, for readers of owner fields.
  const void* context_lock() const;
  const void* launch_lock() const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace kvtool
