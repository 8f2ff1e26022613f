// StackCopy: the used part of one thread's stack, copied out of the target in one piece. The buffer is reused
// from thread to thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"

namespace kvtool::snapshot {

// A thread deeper than this is cut: its frames next to the wait are what a diagnosis needs.
inline constexpr std::size_t kStackLimit = std::size_t{1} << 20;

class StackCopy {
 public:
  // From `sp` to the end of its mapping, at most `limit`. False when nothing could be read.
  bool copy(const Memory& memory, const AddressMap& map, std::uint64_t sp, std::size_t limit = kStackLimit);
  // Makes room beforehand, so that a copy of at most `limit` takes no memory from the system.
  void prepare(std::size_t limit);

  // The word at an address of the target, when it lies in the copy.
  std::optional<std::uint64_t> word(std::uint64_t address) const {
    std::uint64_t value = 0;
    if (address < start_ || address - start_ + sizeof value > used_) return std::nullopt;
    std::memcpy(&value, bytes_.data() + (address - start_), sizeof value);
    return value;
  }

  std::uint64_t start() const { return start_; }
  std::uint64_t end() const { return start_ + used_; }
  // Memory that this object takes.
  std::size_t room() const { return bytes_.size(); }
  std::span<const std::byte> bytes() const { return std::span(bytes_).first(used_); }
  // There was more stack than the limit.
  bool cut() const { return cut_; }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t start_ = 0;
  std::size_t used_ = 0;
  bool cut_ = false;
};

}  // namespace kvtool::snapshot
