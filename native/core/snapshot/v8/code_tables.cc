#include "core/snapshot/v8/code_tables.h"

#include <cstring>

#include "core/snapshot/v8/byte_reader.h"

namespace kvtool::snapshot::v8 {
namespace {

// Functions are shorter; a table that says more is garbage.
constexpr std::int64_t kOffsetLimit = 1 << 30;
constexpr std::size_t kSafepointLimit = 1 << 16;

// The bytecodes that make the next one's operands wider; each also as a break point of the debugger.
constexpr std::uint8_t kWide = 0;
constexpr std::uint8_t kExtraWide = 1;
constexpr std::uint8_t kDebugBreakWide = 2;
constexpr std::uint8_t kDebugBreakExtraWide = 3;

// Of the bytecode at `at` with its prefix; 0 when there is none.
std::size_t bytecode_bytes(std::span<const std::byte> bytecodes, std::size_t at, const Constants& constants) {
  const auto opcode_at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(bytecodes[i]); };
  if (at >= bytecodes.size()) return 0;
  std::uint8_t opcode = opcode_at(at);
  std::size_t scale = 0;
  if (opcode == kWide || opcode == kDebugBreakWide) scale = 1;
  if (opcode == kExtraWide || opcode == kDebugBreakExtraWide) scale = 2;
  const std::size_t prefix = scale == 0 ? 0 : 1;
  if (prefix != 0) {
    if (at + 1 >= bytecodes.size()) return 0;
    opcode = opcode_at(at + 1);
  }
  const std::string_view sizes = constants.bytecode_bytes[scale];
  return opcode < sizes.size() ? prefix + base36(sizes[opcode]) : 0;
}

struct SafepointFormat {
  std::size_t count = 0;
  std::size_t register_bytes = 0;
  std::size_t pc_bytes = 0;
  std::size_t index_bytes = 0;
  std::size_t entry_bytes = 0;
};

// V8's SafepointTable::EntryConfiguration: one bit, then three fields of three bits.
std::optional<SafepointFormat> read_format(std::span<const std::byte> header, const SafepointHeader& format) {
  if (header.size() < format.bytes) return std::nullopt;
  std::uint32_t count = 0;
  std::uint32_t configuration = 0;
  std::memcpy(&count, header.data() + format.length_at, sizeof count);
  std::memcpy(&configuration, header.data() + format.length_at + sizeof count, sizeof configuration);
  const bool can_deoptimize = (configuration & 1) != 0;
  SafepointFormat result{.count = count,
                         .register_bytes = configuration >> 1 & 7,
                         .pc_bytes = configuration >> 4 & 7,
                         .index_bytes = configuration >> 7 & 7};
  if (!can_deoptimize || count > kSafepointLimit || result.pc_bytes < 1 || result.pc_bytes > 4 ||
      result.index_bytes > 4)
    return std::nullopt;
  result.entry_bytes =
      result.pc_bytes + result.index_bytes + result.pc_bytes + format.entry_extra + result.register_bytes;
  return result;
}

std::int64_t little_endian(std::span<const std::byte> bytes) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::int64_t>(bytes[i]) << 8 * i;
  return value;
}

}  // namespace

SourcePosition SourcePosition::unpack(std::uint64_t bits) {
  // Bit 0: it is of another kind; 30 bits: offset + 1; 16 bits: inlining + 1.
  return {.offset = static_cast<int>(bits >> 1 & 0x3fffffff) - 1,
          .inlining = static_cast<int>(bits >> 31 & 0xffff) - 1};
}

std::optional<SourcePosition> find_position(std::span<const std::byte> table, std::int64_t code_offset,
                                            PositionEncoding encoding) {
  ByteReader reader(table);
  std::int64_t offset = -1;
  std::uint64_t position = 0;
  std::optional<SourcePosition> found;
  while (!reader.at_end()) {
    if (encoding == PositionEncoding::tagged) {
      offset += static_cast<std::int64_t>(reader.number() >> 2);
    } else {
      const std::int64_t delta = reader.zigzag();
      offset += delta >= 0 ? delta : -(delta + 1);
    }
    position += static_cast<std::uint64_t>(reader.zigzag());
    if (!reader.ok() || offset > code_offset || offset > kOffsetLimit) break;
    found = SourcePosition::unpack(position);
  }
  return found;
}

std::optional<int> find_bytecode(std::span<const std::byte> lengths, std::span<const std::byte> bytecodes,
                                 std::int64_t pc_offset, const Constants& constants) {
  ByteReader reader(lengths);
  // The first length is that of the function's beginning, before any bytecode.
  std::int64_t end = static_cast<std::int64_t>(reader.number() & (kOffsetLimit - 1));
  if (pc_offset - 1 < end) return 0;
  std::size_t at = 0;
  while (reader.ok() && !reader.at_end()) {
    end += static_cast<std::int64_t>(reader.number() & (kOffsetLimit - 1));
    if (pc_offset - 1 < end) return static_cast<int>(at);
    const std::size_t bytes = bytecode_bytes(bytecodes, at, constants);
    if (bytes == 0) break;
    at += bytes;
  }
  return std::nullopt;
}

std::size_t safepoint_table_bytes(std::span<const std::byte> header, const SafepointHeader& format) {
  const auto known = read_format(header, format);
  return known ? format.bytes + known->count * known->entry_bytes : 0;
}

std::optional<SafepointEntry> find_safepoint(std::span<const std::byte> table, std::int64_t pc_offset,
                                             const SafepointHeader& format) {
  const auto known = read_format(table, format);
  if (!known) return std::nullopt;
  for (std::size_t i = 0; i < known->count; ++i) {
    const std::size_t at = format.bytes + i * known->entry_bytes;
    if (at + known->entry_bytes > table.size()) break;
    const auto entry = table.subspan(at, known->entry_bytes);
    if (little_endian(entry.first(known->pc_bytes)) != pc_offset) continue;
    const auto index = entry.subspan(known->pc_bytes, known->index_bytes);
    const auto trampoline = entry.subspan(known->pc_bytes + known->index_bytes, known->pc_bytes);
    // Both are kept plus 1, so that 0 means none.
    return SafepointEntry{.deoptimization = static_cast<int>(little_endian(index) - 1),
                          .trampoline = little_endian(trampoline) - 1};
  }
  return std::nullopt;
}

}  // namespace kvtool::snapshot::v8
