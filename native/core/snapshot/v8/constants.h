// Constants: what has to be known of a V8 and is not in the metadata that its executables carry. One table
// per major version of Node in tables/, which says where its values come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kvtool::snapshot::v8 {

struct Version {
  int major = 0;
  int minor = 0;
  bool operator==(const Version&) const = default;
};

enum class ScopeFlags : std::uint8_t {
  small_integer,
  raw,  // 32 bits in the low half of the word
};

enum class PositionEncoding : std::uint8_t {
  zigzag,  // signed difference of code offsets; negative for an expression
  tagged,  // unsigned difference, above two bits that say what may be done there
};

// Of the table that follows optimized code and says what is where at each call.
struct SafepointHeader {
  std::size_t bytes;
  std::size_t length_at;  // number of entries; the entries' configuration follows it
  std::size_t entry_extra;
};

// How the frames of inlined functions are written down for the deoptimizer.
struct Translation {
  std::string_view operand_counts;  // of each opcode, base 36
  int interpreted_with_return;
  int interpreted_without_return;
  int builtin_continuation;
  int builtin_continuation_with_catch;
};

struct Constants {
  int node;  // major version
  Version v8;

  // Offsets of fields in objects.
  int code_data;       // of optimized code: DeoptimizationData; of baseline code: BytecodeArray
  int code_positions;  // of optimized code: source positions; of baseline code: lengths of its bytecodes
  int code_instruction_start;
  int code_flags;
  int code_instruction_size;
  int bytecode_positions;
  int interpreter_data_bytecode;
  int script_line_offset;
  int script_column_offset;
  int external_string_data;
  int shared_wrapper_shared;

  ScopeFlags scope_flags;
  unsigned scope_function;  // kinds of scope, the low bits of the flags
  unsigned scope_module;
  bool scope_has_positions;  // before the names, not after them

  PositionEncoding positions;
  SafepointHeader maglev_safepoints;
  Translation translation;
  // Bytes of each bytecode, base 36: alone, after Wide, after ExtraWide.
  std::string_view bytecode_bytes[3];

  // Offsets in the isolate.
  int isolate_self;
  int isolate_stack_limit;
  int isolate_exit_frame;  // c_entry_fp
};

// Null for a V8 that no table is made for.
const Constants* constants_of(Version version);

// `7` -> 7, `b` -> 11. 0 for anything else.
constexpr unsigned base36(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'z') return static_cast<unsigned>(digit - 'a') + 10;
  return 0;
}

}  // namespace kvtool::snapshot::v8
