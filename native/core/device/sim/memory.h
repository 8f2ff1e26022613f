// Memory: the buffers of a simulated device. They are host memory, so every copy really moves bytes, with the
// kind that the caller asked for remembered beside them. It also keeps the pool behind cudaMallocAsync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "core/device/device.h"

namespace kvtool::sim {

// Safe from any thread.
class Memory {
 public:
  // `device_bytes`: how much device memory there is; pinned and pageable memory is not limited.
  explicit Memory(std::size_t device_bytes) : device_bytes_(device_bytes) {}

  // Zero bytes give a null pointer and succeed.
  Status allocate(std::size_t bytes, MemoryKind kind, void** out);
  Status grow_pool(std::size_t bytes, void** out);  // device memory that may be given to the pool later
  // The kind of the buffer in use that starts at `pointer`; none if none does.
  std::optional<MemoryKind> kind_of_start(const void* pointer) const;
  // The kind of the buffer that contains `pointer`; none if no buffer does.
  std::optional<MemoryKind> kind_at(const void* pointer) const;
  bool release(void* pointer);  // false: no buffer in use starts there

  // The smallest pooled buffer of at least `bytes`, or null: then the pool has to grow.
  void* take_from_pool(std::size_t bytes);
  // Two steps, for a free in stream order: the caller has given the buffer up, and the stream has come to it.
  bool give_up(void* pointer);         // false: no buffer in use that came from the pool starts there
  void return_to_pool(void* pointer);  // REQUIRES: given up

  std::size_t device_bytes() const { return device_bytes_; }
  std::size_t free_device_bytes() const;

 private:
  struct Delete {
    void operator()(std::byte* bytes) const;
  };
  enum class State { in_use, given_up, pooled };
  struct Buffer {
    std::unique_ptr<std::byte, Delete> bytes;
    std::size_t size;
    MemoryKind kind;
    bool from_pool;
    State state = State::in_use;
  };
  using Buffers = std::map<std::uintptr_t, Buffer>;

  Status make(std::size_t bytes, MemoryKind kind, bool from_pool, void** out);
  Buffers::const_iterator find_in_use(const void* pointer) const;

  const std::size_t device_bytes_;
  mutable std::mutex lock_;  // guards all below; held only for a look-up or an allocation
  std::size_t used_device_bytes_ = 0;
  Buffers buffers_;  // by address
  std::set<std::pair<std::size_t, std::uintptr_t>>
      pool_;  // size and address of every buffer whose state is `pooled`
};

}  // namespace kvtool::sim
