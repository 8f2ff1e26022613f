#include "core/snapshot/unwind_table.h"

#include <gelf.h>

#include <algorithm>
#include <cstring>

namespace kvtool::snapshot {
namespace {

// Version, three encodings, then by these encodings the address of .eh_frame, the number of functions, and
// for each its address and that of its unwind information, relative to the section's own.
// https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRelative4 = 0x1b;   // DW_EH_PE_pcrel | sdata4
constexpr std::uint8_t kUnsigned4 = 0x03;   // DW_EH_PE_udata4
constexpr std::uint8_t kFromTable4 = 0x3b;  // DW_EH_PE_datarel | sdata4
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kEntryBytes = 8;
// In a function's unwind information: length, offset of what it shares with others, its address, its size.
constexpr std::size_t kSizeAt = 12;

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

std::span<const std::byte> bytes_at(Elf* elf, std::uint64_t address, std::size_t count) {
  std::size_t file_bytes = 0;
  const char* file = elf == nullptr ? nullptr : elf_rawfile(elf, &file_bytes);
  std::size_t headers = 0;
  if (file == nullptr || elf_getphdrnum(elf, &headers) != 0) return {};
  for (std::size_t i = 0; i < headers; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD) continue;
    if (address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) continue;
    const std::uint64_t into = address - segment.p_vaddr;
    if (segment.p_offset > file_bytes || into >= file_bytes - segment.p_offset) return {};
    const std::uint64_t at = segment.p_offset + into;
    const std::uint64_t left = std::min(segment.p_filesz - into, file_bytes - at);
    return std::as_bytes(std::span(file + at, std::min<std::uint64_t>(count, left)));
  }
  return {};
}

UnwindTable::UnwindTable(Elf* elf) {
  std::size_t headers = 0;
  if (elf == nullptr || elf_getphdrnum(elf, &headers) != 0) return;
  for (std::size_t i = 0; i < headers; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_GNU_EH_FRAME)
      continue;
    const auto table = bytes_at(elf, segment.p_vaddr, segment.p_filesz);
    if (table.size() < kHeaderBytes) return;
    const auto encoding = [&](std::size_t at) { return std::to_integer<std::uint8_t>(table[at]); };
    if (encoding(0) != kVersion || encoding(1) != kRelative4 || encoding(2) != kUnsigned4 ||
        encoding(3) != kFromTable4)
      return;
    elf_ = elf;
    address_ = segment.p_vaddr;
    entries_ = table.subspan(kHeaderBytes);
    count_ = std::min<std::size_t>(load<std::uint32_t>(table, 8), entries_.size() / kEntryBytes);
    return;
  }
}

std::uint64_t UnwindTable::function(std::size_t index) const {
  return address_ + static_cast<std::uint64_t>(load<std::int32_t>(entries_, index * kEntryBytes));
}

std::uint64_t UnwindTable::description(std::size_t index) const {
  return address_ + static_cast<std::uint64_t>(load<std::int32_t>(entries_, index * kEntryBytes + 4));
}

std::optional<std::uint64_t> UnwindTable::function_at(std::uint64_t address) const {
  std::size_t begin = 0;
  for (std::size_t end = count_; begin < end;) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (function(middle) <= address) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  if (begin == 0) return std::nullopt;
  return function(begin - 1);
}

std::pair<std::uint64_t, std::uint64_t> UnwindTable::longest_gap() const {
  std::size_t before = 0;
  std::uint64_t longest = 0;
  for (std::size_t i = 0; i + 1 < count_; ++i) {
    const std::uint64_t begin = function(i);
    const std::uint64_t end = function(i + 1);
    if (end <= begin || end - begin <= longest) continue;
    longest = end - begin;
    before = i;
  }
  if (longest == 0) return {};
  const auto information = bytes_at(elf_, description(before), kSizeAt + 4);
  if (information.size() < kSizeAt + 4) return {};
  return {function(before) + load<std::uint32_t>(information, kSizeAt), function(before + 1)};
}

}  // namespace kvtool::snapshot
