// The memory calls of SimDevice: allocation, the pool, copies, and the queries about pointers.
#include <cstring>

#include "core/device/sim/sim_parts.h"

namespace kvtool {

using sim::DriverCall;

Status SimDevice::allocate(std::size_t bytes, MemoryKind kind, void** out) {
  if (out == nullptr) return Status::invalid_value;
  // Pageable memory comes from libc: the driver has no part in it.
  if (kind == MemoryKind::pageable) return parts_->memory.allocate(bytes, kind, out);
  const DriverCall call(parts_->driver, kind == MemoryKind::device ? Call::malloc : Call::malloc_host);
  return parts_->memory.allocate(bytes, kind, out);
}

Status SimDevice::free(void* pointer) {
  if (pointer == nullptr) return Status::ok;
  const auto kind = parts_->memory.kind_of_start(pointer);
  if (!kind) return Status::invalid_value;
  if (*kind == MemoryKind::pageable)
    return parts_->memory.release(pointer) ? Status::ok : Status::invalid_value;
  const DriverCall call(parts_->driver, *kind == MemoryKind::device ? Call::free : Call::free_host);
  // Two threads may free the same pointer: both come here, and the second finds nothing.
  return parts_->memory.release(pointer) ? Status::ok : Status::invalid_value;
}

Status SimDevice::allocate_from_pool(std::size_t bytes, StreamId stream, void** out) {
  if (out == nullptr) return Status::invalid_value;
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  {
    const DriverCall call(parts_->driver, Call::malloc_async, {.stream = on.get()});
    *out = parts_->memory.take_from_pool(bytes);
    if (*out != nullptr) return Status::ok;
  }
  const DriverCall call(parts_->driver, Call::malloc_async_grow, {.stream = on.get()});
  return parts_->memory.grow_pool(bytes, out);
}

Status SimDevice::free_to_pool(void* pointer, StreamId stream) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (pointer == nullptr) return Status::ok;
  if (!parts_->memory.give_up(pointer)) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::free_async, {.stream = on.get()});
  const auto give_back = [&memory = parts_->memory, pointer] { memory.return_to_pool(pointer); };
  const Status status = parts_->submit(*on, sim::Reclaim{give_back});
  if (status != Status::ok)
    give_back();  // the stream was destroyed meanwhile: there is no order left to keep
  return status;
}

Status SimDevice::copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                             StreamId stream) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (bytes == 0) return Status::ok;
  if (destination == nullptr || source == nullptr) return Status::invalid_value;
  if (host_kind != MemoryKind::pageable)
    return parts_->submit_bounded(Call::memcpy_async, Call::memcpy_async_full, *on,
                                  sim::Transfer{destination, source, bytes});
  // Pageable memory is copied by the calling thread once the stream's earlier work is done. It stays in
  // stream order, because whatever the caller submits later comes after this call.
  if (parts_->engine.is_idle(*on)) {
    const DriverCall call(parts_->driver, Call::memcpy_async, {.stream = on.get()});
    std::memmove(destination, source, bytes);
  } else {
    DriverCall call(parts_->driver, Call::memcpy_async_busy, {.stream = on.get()});
    call.continue_as(Call::memcpy_async);
    std::memmove(destination, source, bytes);
  }
  return Status::ok;
}

Status SimDevice::copy(void* destination, const void* source, std::size_t bytes) {
  if (bytes == 0) return Status::ok;
  if (destination == nullptr || source == nullptr) return Status::invalid_value;
  // The legacy stream does not wait for non-blocking streams, which is what all streams of this device are.
  const DriverCall call(parts_->driver, Call::memcpy);
  std::memmove(destination, source, bytes);
  return Status::ok;
}

Status SimDevice::pointer_attributes(const void* pointer, MemoryKind* out) {
  if (out == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::pointer_attributes);
  // Memory that the driver did not hand out is plain host memory, as in CUDA.
  *out = parts_->memory.kind_at(pointer).value_or(MemoryKind::pageable);
  return Status::ok;
}

Status SimDevice::memory_info(std::size_t* free_bytes, std::size_t* total_bytes) {
  if (free_bytes == nullptr || total_bytes == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::memory_info);
  *free_bytes = parts_->memory.free_device_bytes();
  *total_bytes = parts_->memory.device_bytes();
  return Status::ok;
}

Status SimDevice::function_attributes(ModuleId module) {
  if (parts_->modules.find(module) == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::function_attributes);
  return Status::ok;
}

}  // namespace kvtool
