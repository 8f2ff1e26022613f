// UnwindTable: the sorted list of functions in .eh_frame_hdr, which every file with unwind information has
// and `strip` leaves. It tells where functions begin without any symbols.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace kvtool::snapshot {

class UnwindTable {
 public:
  UnwindTable() = default;
  // Addresses are as linked. `elf` must outlive the table. Empty when there is no list that we understand.
  explicit UnwindTable(Elf* elf);

  // Where the last function begins that does not begin behind `address`.
  std::optional<std::uint64_t> function_at(std::uint64_t address) const;
  // The longest range of code without unwind information.
  std::pair<std::uint64_t, std::uint64_t> longest_gap() const;

 private:
  std::uint64_t function(std::size_t index) const;
  std::uint64_t description(std::size_t index) const;

  Elf* elf_ = nullptr;
  std::uint64_t address_ = 0;
  std::span<const std::byte> entries_;
  std::size_t count_ = 0;
};

// The bytes that the file holds for an address, up to `count`.
std::span<const std::byte> bytes_at(Elf* elf, std::uint64_t address, std::size_t count);

}  // namespace kvtool::snapshot
