// Memory: the bytes of the target. Reading never stops it, and nothing is ever written.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  virtual ~Memory() = default;

  // Copies from `address` until `out` is full or memory is unreadable; how many bytes were copied.
  virtual std::size_t read(std::uint64_t address, std::span<std::byte> out) const = 0;

  // All of a `T`, or nothing.
  template <typename T>
  std::optional<T> value(std::uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    std::array<std::byte, sizeof(T)> bytes;
    if (read(address, bytes) != sizeof(T)) return std::nullopt;
    T result;
    std::memcpy(&result, bytes.data(), sizeof(T));
    return result;
  }
};

// Memory of a live process, by process_vm_readv; by /proc/TID/mem where a seccomp filter denies that call, as
// that of older container runtimes does (https://github.com/moby/moby/pull/42083). Not for use by two threads
// at once.
class ProcessMemory final : public Memory {
 public:
  // Any live thread of the process will do; its main thread may have ended before the others.
  explicit ProcessMemory(pid_t tid) : tid_(tid) {}
  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override;

 private:
  std::size_t read_file(std::uint64_t address, std::span<std::byte> out) const;

  pid_t tid_;
  mutable bool denied_ = false;
  mutable UniqueFd file_;  // opened when needed
};

}  // namespace kvtool::snapshot
