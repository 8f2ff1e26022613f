// The tables that V8 keeps beside code. Pure functions over bytes: of garbage they give nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

// A position in a script, and in which inlined function it is meant.
struct SourcePosition {
  int offset = -1;    // -1: unknown
  int inlining = -1;  // index into the inlining positions; -1: the function itself

  static SourcePosition unpack(std::uint64_t bits);
};

// The position of the code at `code_offset`: the last entry that is not behind it.
std::optional<SourcePosition> find_position(std::span<const std::byte> table, std::int64_t code_offset,
                                            PositionEncoding encoding);

// The offset of the bytecode whose machine code the return address `pc_offset` lies behind. Sparkplug
// compiles bytecode by bytecode and notes how long each one's code is.
std::optional<int> find_bytecode(std::span<const std::byte> lengths, std::span<const std::byte> bytecodes,
                                 std::int64_t pc_offset, const Constants& constants);

// What is noted for a call in optimized code.
struct SafepointEntry {
  int deoptimization = -1;  // index of the entry in the deoptimization data
  std::int64_t trampoline = -1;
};

inline constexpr SafepointHeader kTurbofanSafepoints{.bytes = 8, .length_at = 0, .entry_extra = 0};

// How many bytes the table is long, by its header. 0 when that is none.
std::size_t safepoint_table_bytes(std::span<const std::byte> header, const SafepointHeader& format);
std::optional<SafepointEntry> find_safepoint(std::span<const std::byte> table, std::int64_t pc_offset,
                                             const SafepointHeader& format);

}  // namespace kvtool::snapshot::v8
