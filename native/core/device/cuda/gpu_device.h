// GpuDevice: a real GPU behind the driver library that DriverApi was filled from. CudaDevice and HipDevice
// below are this class with their library.
//
//   CudaDevice device;                      // throws DeviceUnavailable
//   StreamId stream;
//   if (const Status status = device.create_stream(&stream); status != Status::ok)
//     say(device.describe(status));         // "cuStreamCreate: CUDA_ERROR_OUT_OF_MEMORY (2, out of memory),
//     to ..."
//
// Streams are non-blocking ones. A call makes one call of the driver, so it blocks where that blocks; the
// exceptions are said at the methods. Device memory may not be touched by the host.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/device/cuda/driver_library.h"
#include "core/device/cuda/kernel_images.h"
#include "core/device/cuda/transfer_kernels.h"
#include "core/device/device.h"
#include "core/runtime/flight.h"

namespace kvtool {

struct GpuOptions {
  // Which of the devices that the driver shows; CUDA_VISIBLE_DEVICES decides what it shows.
  int ordinal = 0;

  // A context of its own instead of the device's primary one, which everybody else in the process uses.
  bool own_context = false;

  // Longest time that the kernel behind a KernelBody waits for the body's end; 0: no limit. A GPU that drives
  // a display kills kernels after a few seconds whatever this says.
  std::chrono::nanoseconds kernel_limit = std::chrono::minutes(10);

  // Where lock lines are kept: of the device's own threads, and of the driver's thread that runs host
  // functions. Null: none, and host functions are handed to the driver as they are. Must outlive the device.
  Flight* flight = nullptr;

  // Set it when a process has several devices: then every resource name ends in "@number".
  std::optional<unsigned> context = {};

  // Called before each driver call of the constructor, so that one that does not answer can be named.
  std::function<void(std::string_view call)> on_step = {};

  // The library; empty: the vendor's usual one (cuda/driver_library.h).
  std::string library = {};

  // Replaces the kernels that this build embeds.
  std::optional<cuda::KernelImages> images = {};
};

class GpuDevice : public Device {
 public:
  // Waits until all work is done, so it ends if every kernel body and host function does. REQUIRES: no call
  // in progress.
  ~GpuDevice() override;

  std::string describe(Status status) const override;
  std::string_view description() const override;
  Status set_device() override;

  Status create_stream(StreamId* out) override;
  Status create_priority_stream(StreamId* out) override;
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
  // A kernel of one thread (native/cuda/stamp.cuh), which becomes a node when the stream is being captured
  // into a graph.
  Status stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) override;
  Status stamp_next(StreamId stream, const StampCursor& cursor) override;
  Status create_module(ModuleId* out) override;
  Status create_module_of(ModuleContent content, ModuleId* out) override;
  // With a body from a module other than loaded_module(): two launches, that module's kernel and the one that
  // waits for the body. A body may make one more call, for pinned memory, when more than 1,024 of them are
  // under way.
  Status launch_kernel(StreamId stream, ModuleId module, KernelBody body) override;
  ModuleId loaded_module() const override;
  // The first call loads the kernels' module, which waits until the device is idle.
  Status launch_transfer(StreamId stream, const transfer::Plan& plan) override;
  Status launch_transfer(StreamId stream, const transfer::Plan& plan, cuda::TransferKernel kernel);
  // Null: why is in the status. The kernels live as long as the device.
  Status transfer_kernels(const cuda::TransferKernels** out);

  // An event that the GPU notes the time of, and the time between two that are over, in ms.
  Status create_timed_event(EventId* out);
  Status elapsed(EventId from, EventId to, float* ms);

  Status allocate(std::size_t bytes, MemoryKind kind, void** out) override;
  Status free(void* pointer) override;
  Status allocate_from_pool(std::size_t bytes, StreamId stream, void** out) override;
  Status free_to_pool(void* pointer, StreamId stream) override;

  Status copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                    StreamId stream) override;
  Status copy(void* destination, const void* source, std::size_t bytes) override;

  Status native_stream(StreamId stream, void** out) override;
  std::unique_ptr<ForeignCall> declare(Call call, StreamId stream, const std::string& regained) override;

  Status pointer_attributes(const void* pointer, MemoryKind* out) override;
  Status memory_info(std::size_t* free_bytes, std::size_t* total_bytes) override;
  Status function_attributes(ModuleId module) override;

 protected:
  GpuDevice(cuda::Vendor vendor, GpuOptions options);

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

// NVIDIA, through libcuda.so.1. Needs driver 525 (CUDA 12.0) and compute capability 8.0 or later.
class CudaDevice final : public GpuDevice {
 public:
  // Throws DeviceUnavailable, which says what is missing and what to do.
  explicit CudaDevice(GpuOptions options = {}) : GpuDevice(cuda::Vendor::cuda, std::move(options)) {}
};

// AMD, through libamdhip64.so. Tested against a library of this project's own that has HIP's functions; it
// has not run on an AMD GPU. kvtool embeds no code for AMD GPUs: pass a code object as `images`.
class HipDevice final : public GpuDevice {
 public:
  // Throws DeviceUnavailable, which says what is missing and what to do.
  explicit HipDevice(GpuOptions options = {}) : GpuDevice(cuda::Vendor::hip, std::move(options)) {}
};

}  // namespace kvtool
