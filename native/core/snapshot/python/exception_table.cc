#include "core/snapshot/python/exception_table.h"

#include <cstddef>

namespace kvtool::snapshot::python {
namespace {

constexpr std::uint64_t kInstructionBytes = 2;

// Reads a number of 6 bits a byte, highest first; bit 6 says that more follow
// (Objects/exception_handling_notes .txt in CPython).
std::uint32_t take_number(std::string_view table, std::size_t& at) {
  std::uint32_t value = 0;
  while (at < table.size()) {
    const auto byte = static_cast<std::uint8_t>(table[at++]);
    value = value << 6 | (byte & 0x3f);
    if ((byte & 0x40) == 0) break;
  }
  return value;
}

}  // namespace

std::optional<std::uint32_t> handler_depth(std::string_view table, std::uint64_t offset) {
  const std::uint64_t instruction = offset / kInstructionBytes;
  for (std::size_t at = 0; at < table.size();) {
    const std::uint32_t start = take_number(table, at);
    const std::uint32_t length = take_number(table, at);
    take_number(table, at);  // where the handler is
    const std::uint32_t depth = take_number(table, at) >> 1;
    if (instruction >= start && instruction - start < length) return depth;
  }
  return std::nullopt;
}

}  // namespace kvtool::snapshot::python
