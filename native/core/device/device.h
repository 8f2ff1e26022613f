// Device: the small interface through which a scenario uses a GPU. Two implementations: `sim` (device/sim), a
// software device whose blocking behaviour is the measured one, and `cuda`, which opens the driver at run
// time.
//
// All calls may be made from any thread. A call blocks exactly as the driver's would: that is the point.
// Calls report failure through Status and never throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/device/stamp_slot.h"

namespace kvtool {

namespace transfer {
struct Plan;
}

// The subset of CUDA's error codes that scenarios meet; the numbers are cudaError_t's, so reports read the
// same.
enum class Status : int {
  ok = 0,
  invalid_value = 1,
  out_of_memory = 2,
  invalid_handle = 400,
  not_ready = 600,
  launch_failure = 719,
  not_supported = 801,
  unknown = 999,
};
std::string_view to_string(Status status);

enum class Call : std::uint8_t;  // device/sim/driver_model.h

enum class StreamId : std::uint32_t {};
enum class EventId : std::uint32_t {};
enum class ModuleId : std::uint32_t {};

// Where a buffer lives; decides whether a copy is asynchronous (device, pinned) or may block (pageable).
enum class MemoryKind : std::uint8_t { device, pinned, pageable };

// What a host function is given; runs on the driver's thread. Must not call into the Device (as in CUDA).
using HostFunction = void (*)(void* argument);

// Host code that stands for a kernel: the kernel lasts from the body's begin to its end, in stream order. In
// the sim it runs on the stream's own thread; on a GPU a kernel spins until a thread of the device has run
// it. Empty: a kernel that does nothing. Must not call into the Device.
using KernelBody = std::function<void()>;

// What the one kernel of a module is made of. A driver does different work when it first loads each; all of
// them were measured to wait for the device. A device whose modules are all alike takes any.
enum class ModuleContent : std::uint8_t {
  plain,
  large_variable,  // 16 MiB of initialised __device__ memory
  local_memory,    // 64 KiB of stack a thread: the driver must provide for every resident thread
  prints,          // calls printf: the driver sets up its output buffer
};

// A call of the driver that another library makes, while it lasts. Made and destroyed by the thread that
// makes the call.
class ForeignCall {
 public:
  ForeignCall() = default;
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;
  virtual ~ForeignCall() = default;
};

class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  // What a status that a call of this thread has just returned means, with the call where that is known.
  virtual std::string describe(Status status) const { return std::string(to_string(status)); }

  // Which model answers, for reports: "sim 580-cuda13", "NVIDIA H200, driver 580.159.04".
  virtual std::string_view description() const = 0;

  // cudaSetDevice. Free of locks on driver 580; takes the runtime library's mutex on 575 (see
  // sim/driver_model.h).
  virtual Status set_device() = 0;

  virtual Status create_stream(StreamId* out) = 0;
  // The highest priority that the device has; an ordinary stream where there are none.
  virtual Status create_priority_stream(StreamId* out) { return create_stream(out); }
  virtual Status destroy_stream(StreamId stream) = 0;
  virtual Status synchronize_stream(StreamId stream) = 0;
  virtual Status query_stream(StreamId stream) = 0;  // ok or not_ready
  virtual Status synchronize_device() = 0;

  virtual Status create_event(EventId* out) = 0;
  virtual Status destroy_event(EventId event) = 0;
  virtual Status record_event(EventId event, StreamId stream) = 0;
  virtual Status wait_event(StreamId stream, EventId event) = 0;  // later work of `stream` waits for `event`
  virtual Status query_event(EventId event) = 0;                  // ok or not_ready
  virtual Status synchronize_event(EventId event) = 0;

  // Enqueues `function(argument)` behind the stream's earlier work. Host functions of one context run one at
  // a time on one thread, whichever stream they belong to; one that does not return stops all the others.
  virtual Status launch_host_function(StreamId stream, HostFunction function, void* argument) = 0;

  // Enqueues a stamp behind the stream's earlier work: when the stream comes there, `*slot` receives the
  // device's clock and `sequence`. No host function, and no thread of the host takes part. Blocks where the
  // launch of a loaded kernel does. `slot` is in pinned memory and stays there until it was stamped; the
  // device's clock counts ns from a beginning of its own. not_supported: the device cannot.
  virtual Status stamp(StreamId, StampSlot*, std::uint64_t /*sequence*/) { return Status::not_supported; }

  // The same with a number that the device counts up itself, so that a stream under capture gets a node that
  // stamps in every launch of its graph. REQUIRES: one stamp of a cursor at a time.
  virtual Status stamp_next(StreamId, const StampCursor&) { return Status::not_supported; }

  // A kernel from a module. The first launch from a module that is not loaded yet loads it (lazy loading),
  // which waits until the whole device is idle while it holds the driver's locks.
  virtual Status create_module(ModuleId* out) = 0;  // cudaLibraryLoadData: registers, loads nothing
  virtual Status create_module_of(ModuleContent, ModuleId* out) { return create_module(out); }
  virtual Status launch_kernel(StreamId stream, ModuleId module, KernelBody body) = 0;
  // A module that is already loaded, for kernels that must not block.
  virtual ModuleId loaded_module() const = 0;
  // A KV transfer (core/transfer), which really moves the bytes. The plan's addresses are the device's. A
  // plan that no grid can have, e.g. of no token, is an invalid_value, as the driver has it. The bodies of
  // kernels move them where the device's memory is the host's.
  virtual Status launch_transfer(StreamId stream, const transfer::Plan& plan);

  // `*out` receives memory that the host may read and write on the sim; on cuda only pinned memory may be
  // touched.
  virtual Status allocate(std::size_t bytes, MemoryKind kind, void** out) = 0;
  virtual Status free(void* pointer) = 0;  // cudaFree or cudaFreeHost: waits for the whole device to be idle
  virtual Status allocate_from_pool(std::size_t bytes, StreamId stream, void** out) = 0;  // cudaMallocAsync
  virtual Status free_to_pool(void* pointer, StreamId stream) = 0;                        // cudaFreeAsync

  // cudaMemcpyAsync. Pinned and device memory: enqueues. Pageable: stages a small copy at once when the
  // stream is idle and blocks until the stream's earlier work is done otherwise. The bytes really move.
  virtual Status copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                            StreamId stream) = 0;
  virtual Status copy(void* destination, const void* source,
                      std::size_t bytes) = 0;  // cudaMemcpy, legacy stream

  // The driver's own handle of `stream`, for another library of this process that works in the same context
  // and submits to it. It stays the device's. not_supported: no driver is behind the device.
  virtual Status native_stream(StreamId, void** /*out*/) { return Status::not_supported; }
  // Declares on the calling thread's lock line that another library is about to make `call` on `stream`: the
  // device sees nothing of that. `regained`: the runtime lock that the library has given up for the call and
  // takes again before it returns; empty: there is none. Also makes the device's context the thread's, which
  // the library would otherwise do in the middle of its call. Null: nothing is to be declared.
  virtual std::unique_ptr<ForeignCall> declare(Call, StreamId, const std::string& /*regained*/) {
    return nullptr;
  }

  // Calls that were measured to block nowhere; kept so that the driver's whole table can be checked.
  virtual Status pointer_attributes(const void* pointer, MemoryKind* out) = 0;
  virtual Status memory_info(std::size_t* free_bytes, std::size_t* total_bytes) = 0;
  virtual Status function_attributes(ModuleId module) = 0;
};

}  // namespace kvtool
