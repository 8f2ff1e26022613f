#include "core/device/sim/memory.h"

#include <new>

namespace kvtool::sim {
namespace {

// cudaMalloc aligns to at least 256 bytes, and kernels that load vectors rely on it.
constexpr std::align_val_t kAlignment{256};

std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

}  // namespace

void Memory::Delete::operator()(std::byte* bytes) const { ::operator delete(bytes, kAlignment); }

Status Memory::allocate(std::size_t bytes, MemoryKind kind, void** out) {
  return make(bytes, kind, false, out);
}

Status Memory::grow_pool(std::size_t bytes, void** out) { return make(bytes, MemoryKind::device, true, out); }

Status Memory::make(std::size_t bytes, MemoryKind kind, bool from_pool, void** out) {
  *out = nullptr;
  if (bytes == 0) return Status::ok;
  const std::lock_guard guard(lock_);
  const bool on_device = kind == MemoryKind::device;
  if (on_device && bytes > device_bytes_ - used_device_bytes_) return Status::out_of_memory;
  auto* raw = static_cast<std::byte*>(::operator new(bytes, kAlignment, std::nothrow));
  if (raw == nullptr) return Status::out_of_memory;
  buffers_.emplace(address_of(raw), Buffer{std::unique_ptr<std::byte, Delete>(raw), bytes, kind, from_pool});
  if (on_device) used_device_bytes_ += bytes;
  *out = raw;
  return Status::ok;
}

Memory::Buffers::const_iterator Memory::find_in_use(const void* pointer) const {
  const auto found = buffers_.find(address_of(pointer));
  return found != buffers_.end() && found->second.state != State::in_use ? buffers_.end() : found;
}

std::optional<MemoryKind> Memory::kind_of_start(const void* pointer) const {
  const std::lock_guard guard(lock_);
  const auto found = find_in_use(pointer);
  if (found == buffers_.end()) return std::nullopt;
  return found->second.kind;
}

std::optional<MemoryKind> Memory::kind_at(const void* pointer) const {
  const std::lock_guard guard(lock_);
  auto after = buffers_.upper_bound(address_of(pointer));
  if (after == buffers_.begin()) return std::nullopt;
  const auto& [start, buffer] = *--after;
  if (address_of(pointer) - start >= buffer.size) return std::nullopt;
  return buffer.kind;
}

bool Memory::release(void* pointer) {
  const std::lock_guard guard(lock_);
  const auto found = find_in_use(pointer);
  if (found == buffers_.end()) return false;
  if (found->second.kind == MemoryKind::device) used_device_bytes_ -= found->second.size;
  buffers_.erase(found);
  return true;
}

void* Memory::take_from_pool(std::size_t bytes) {
  const std::lock_guard guard(lock_);
  const auto found = pool_.lower_bound({bytes, 0});
  if (found == pool_.end()) return nullptr;
  Buffer& buffer = buffers_.at(found->second);
  buffer.state = State::in_use;
  pool_.erase(found);
  return buffer.bytes.get();
}

bool Memory::give_up(void* pointer) {
  const std::lock_guard guard(lock_);
  const auto found = buffers_.find(address_of(pointer));
  if (found == buffers_.end() || !found->second.from_pool || found->second.state != State::in_use)
    return false;
  found->second.state = State::given_up;
  return true;
}

void Memory::return_to_pool(void* pointer) {
  const std::lock_guard guard(lock_);
  Buffer& buffer = buffers_.at(address_of(pointer));
  buffer.state = State::pooled;
  pool_.emplace(buffer.size, address_of(pointer));
}

std::size_t Memory::free_device_bytes() const {
  const std::lock_guard guard(lock_);
  return device_bytes_ - used_device_bytes_;
}

}  // namespace kvtool::sim
