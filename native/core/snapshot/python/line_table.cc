#include "core/snapshot/python/line_table.h"

#include <cstddef>

namespace kvtool::snapshot::python {
namespace {

constexpr int kInstructionBytes = 2;

std::uint8_t unsigned_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

int signed_at(std::string_view bytes, std::size_t at) {
  const int value = unsigned_at(bytes, at);
  return value < 128 ? value : value - 256;
}

// Pairs of increments, of the offset and of the line (Objects/lnotab_notes.txt).
std::optional<int> line_by_increments(std::string_view table, int line, std::uint64_t offset) {
  std::uint64_t at = 0;
  for (std::size_t i = 0; i + 1 < table.size(); i += 2) {
    at += unsigned_at(table, i);
    if (at > offset) break;
    line += signed_at(table, i + 1);
  }
  return line;
}

// Pairs of the length of a range and of an increment of the line, which comes before the range (PEP 626).
std::optional<int> line_by_ranges(std::string_view table, int line, std::uint64_t offset) {
  constexpr int kNoLine = -128;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i + 1 < table.size(); i += 2) {
    end += unsigned_at(table, i);
    const int increment = signed_at(table, i + 1);
    if (increment != kNoLine) line += increment;
    if (offset >= end) continue;
    return increment == kNoLine ? std::nullopt : std::optional(line);
  }
  return std::nullopt;
}

// Reads a number of 6 bits a byte, lowest first; bit 6 says that more follow.
std::uint32_t take_number(std::string_view table, std::size_t& at) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; at < table.size() && shift < 30; shift += 6) {
    const std::uint8_t byte = unsigned_at(table, at++);
    value |= static_cast<std::uint32_t>(byte & 0x3f) << shift;
    if ((byte & 0x40) == 0) break;
  }
  return value;
}

// Its lowest bit is the sign.
int take_signed_number(std::string_view table, std::size_t& at) {
  const std::uint32_t value = take_number(table, at);
  const int half = static_cast<int>(value >> 1);
  return (value & 1) != 0 ? -half : half;
}

// Entries of a kind, a length and, by kind, numbers (Objects/locations.md). Only the first byte of an entry
// has bit 7 set.
std::optional<int> line_by_locations(std::string_view table, int line, std::uint64_t offset) {
  constexpr int kLong = 14;
  constexpr int kNoColumns = 13;
  constexpr int kOneLine = 10;  // to 12
  constexpr int kNone15 = 15;
  std::uint64_t end = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::uint8_t head = unsigned_at(table, at++);
    const int kind = head >> 3 & 0xf;
    end += static_cast<std::uint64_t>((head & 7) + 1) * kInstructionBytes;
    if (kind == kLong || kind == kNoColumns)
      line += take_signed_number(table, at);
    else if (kind >= kOneLine && kind < kNoColumns)
      line += kind - kOneLine;
    if (offset < end) return kind == kNone15 ? std::nullopt : std::optional(line);
    while (at < table.size() && (unsigned_at(table, at) & 0x80) == 0) ++at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> line_at(LineStyle style, std::string_view table, int first_line, std::uint64_t offset) {
  std::optional<int> line;
  switch (style) {
    case LineStyle::increments:
      line = line_by_increments(table, first_line, offset);
      break;
    case LineStyle::ranges:
      line = line_by_ranges(table, first_line, offset);
      break;
    case LineStyle::locations:
      line = line_by_locations(table, first_line, offset);
      break;
  }
  return line && *line >= 0 ? line : std::nullopt;
}

}  // namespace kvtool::snapshot::python
