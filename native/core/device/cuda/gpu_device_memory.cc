// The memory calls of GpuDevice: allocation, the pool, copies, and the queries about pointers.
#include <cstdlib>

#include "core/device/cuda/gpu_parts.h"

namespace kvtool {

using cuda::Address;
using cuda::DeclaredCall;

namespace {

Address address_of(const void* pointer) { return reinterpret_cast<Address>(pointer); }

}  // namespace

Status GpuDevice::Parts::allocate_pinned(std::size_t bytes, void** out) const {
  return context.call(context.api().allocate_host, "allocate pinned memory", out, bytes,
                      cuda::kHostPortable | cuda::kHostMapped);
}

Status GpuDevice::allocate(std::size_t bytes, MemoryKind kind, void** out) {
  if (out == nullptr || bytes == 0) return Status::invalid_value;
  void* memory = nullptr;
  Status status = Status::ok;
  if (kind == MemoryKind::pageable) {
    memory = std::malloc(bytes);  // NOLINT(cppcoreguidelines-owning-memory): freed by free()
    if (memory == nullptr) return Status::out_of_memory;
  } else if (kind == MemoryKind::pinned) {
    const DeclaredCall declared(parts_->shadow, Call::malloc_host);
    status = parts_->allocate_pinned(bytes, &memory);
  } else {
    const DeclaredCall declared(parts_->shadow, Call::malloc);
    Address address = 0;
    status = parts_->context.call(parts_->context.api().allocate, "allocate device memory", &address, bytes);
    memory = reinterpret_cast<void*>(address);
  }
  if (status != Status::ok) return status;
  const std::lock_guard guard(parts_->lock);
  parts_->memory.emplace(memory, kind);
  *out = memory;
  return Status::ok;
}

Status GpuDevice::Parts::release_memory(void* pointer, MemoryKind kind) {
  switch (kind) {
    case MemoryKind::pageable:
      std::free(pointer);  // NOLINT(cppcoreguidelines-owning-memory): allocate() made it
      return Status::ok;
    case MemoryKind::pinned: {
      const DeclaredCall declared(shadow, Call::free_host);
      return context.call(context.api().free_host, "free pinned memory", pointer);
    }
    case MemoryKind::device: {
      const DeclaredCall declared(shadow, Call::free);
      return context.call(context.api().free, "free device memory", address_of(pointer));
    }
  }
  return Status::invalid_value;
}

Status GpuDevice::free(void* pointer) {
  if (pointer == nullptr) return Status::ok;
  MemoryKind kind{};
  {
    const std::lock_guard guard(parts_->lock);
    const auto found = parts_->memory.extract(pointer);
    if (found.empty()) return Status::invalid_value;
    kind = found.mapped();
  }
  return parts_->release_memory(pointer, kind);
}

Status GpuDevice::allocate_from_pool(std::size_t bytes, StreamId stream, void** out) {
  if (out == nullptr) return Status::invalid_value;
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::malloc_async);
  Address address = 0;
  const Status status = parts_->context.call(parts_->context.api().allocate_async, "allocate from the pool",
                                             &address, bytes, on->handle);
  if (status == Status::ok) *out = reinterpret_cast<void*>(address);
  return status;
}

Status GpuDevice::free_to_pool(void* pointer, StreamId stream) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (pointer == nullptr) return Status::ok;
  const DeclaredCall declared(parts_->shadow, Call::free_async);
  return parts_->context.call(parts_->context.api().free_async, "free to the pool", address_of(pointer),
                              on->handle);
}

Status GpuDevice::Parts::copy_bytes(void* destination, const void* source, std::size_t bytes,
                                    const Stream* stream) const {
  const cuda::DriverApi& api = context.api();
  const Address to = address_of(destination), from = address_of(source);
  constexpr const char* kDoing = "copy memory";
  if (stream == nullptr)
    return api.copy ? context.call(api.copy, kDoing, to, from, bytes)
                    : context.call(api.copy_kind, kDoing, to, from, bytes, cuda::kCopyByAddress);
  return api.copy_async ? context.call(api.copy_async, kDoing, to, from, bytes, stream->handle)
                        : context.call(api.copy_kind_async, kDoing, to, from, bytes, cuda::kCopyByAddress,
                                       stream->handle);
}

Status GpuDevice::copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                             StreamId stream) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (bytes == 0) return Status::ok;
  if (destination == nullptr || source == nullptr) return Status::invalid_value;
  const bool is_busy = on->submitted.load(std::memory_order_relaxed) > 0;
  const Call call = host_kind == MemoryKind::pageable && is_busy
                        ? Call::memcpy_async_busy
                        : Parts::submission(*on, Call::memcpy_async, Call::memcpy_async_full);
  const DeclaredCall declared(parts_->shadow, call, on->resource);
  on->submitted.fetch_add(1, std::memory_order_relaxed);
  return parts_->copy_bytes(destination, source, bytes, on.get());
}

Status GpuDevice::copy(void* destination, const void* source, std::size_t bytes) {
  if (bytes == 0) return Status::ok;
  if (destination == nullptr || source == nullptr) return Status::invalid_value;
  const DeclaredCall declared(parts_->shadow, Call::memcpy);
  return parts_->copy_bytes(destination, source, bytes, nullptr);
}

Status GpuDevice::pointer_attributes(const void* pointer, MemoryKind* out) {
  if (out == nullptr) return Status::invalid_value;
  const DeclaredCall declared(parts_->shadow, Call::pointer_attributes);
  unsigned type = 0;
  const Status status =
      parts_->context.call(parts_->context.api().pointer_attribute, "ask what a pointer points to",
                           static_cast<void*>(&type), cuda::kPointerMemoryType, address_of(pointer));
  // The driver does not know memory that it did not hand out, and says so by this status.
  if (status == Status::invalid_value)
    *out = MemoryKind::pageable;
  else if (status != Status::ok)
    return status;
  else
    *out = type == cuda::kMemoryTypeHost ? MemoryKind::pinned : MemoryKind::device;
  return Status::ok;
}

Status GpuDevice::memory_info(std::size_t* free_bytes, std::size_t* total_bytes) {
  if (free_bytes == nullptr || total_bytes == nullptr) return Status::invalid_value;
  const DeclaredCall declared(parts_->shadow, Call::memory_info);
  return parts_->context.call(parts_->context.api().memory_info, "ask for free memory", free_bytes,
                              total_bytes);
}

}  // namespace kvtool
