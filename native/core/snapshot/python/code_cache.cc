#include "core/snapshot/python/code_cache.h"

#include <algorithm>

#include "core/snapshot/python/line_table.h"

namespace kvtool::snapshot::python {
namespace {

// A function with more local variables or a deeper value stack than this is garbage.
constexpr std::uint32_t kSlotLimit = 1 << 16;

}  // namespace

const Code* CodeCache::find(std::uint64_t address) {
  const auto [entry, is_new] = known_.try_emplace(address);
  if (is_new) entry->second = read(address);
  return entry->second ? &*entry->second : nullptr;
}

std::optional<Code> CodeCache::read(std::uint64_t address) const {
  if (objects_.type_of(address) != "code") return std::nullopt;
  const auto& at = objects_.layout().code;
  const auto object = [&](Offset offset) { return objects_.word(address + offset).value_or(0); };
  const auto number = [&](Offset offset) -> std::uint32_t {
    const std::int32_t value = objects_.integer(address + offset).value_or(0);
    return value > 0 ? static_cast<std::uint32_t>(value) : 0;
  };

  Code code;
  code.function = objects_.text(object(at.name)).value_or("");
  code.file = objects_.text(object(at.file)).value_or("");
  code.first_line = static_cast<int>(number(at.first_line));
  code.line_table = objects_.bytes(object(at.line_table)).value_or("");
  code.locals = number(at.locals);
  code.stack_size = number(at.stack_size);
  if (at.cell_names != kNone) {
    for (const Offset names : {at.cell_names, at.free_names})
      code.locals += static_cast<std::uint32_t>(
          std::min<std::uint64_t>(objects_.size(object(names)).value_or(0), kSlotLimit));
  }
  if (at.exception_table != kNone)
    code.exception_table = objects_.bytes(object(at.exception_table)).value_or("");
  if (at.instructions != kNone) {
    code.instructions = address + at.instructions;
    code.instruction_bytes = 2 * objects_.size(address).value_or(0);
  }
  if (code.locals > kSlotLimit || code.stack_size > kSlotLimit) return std::nullopt;
  return code;
}

std::optional<std::uint64_t> CodeCache::offset(const Code& code, std::uint64_t instruction) const {
  switch (objects_.layout().frame_style) {
    case FrameStyle::objects: {
      const auto last = static_cast<std::int32_t>(instruction);
      // -1: it is about to run its first instruction.
      const auto at = static_cast<std::uint64_t>(std::max(last, 0));
      // 3.10 counts instructions instead of bytes.
      return objects_.layout().minor == 10 ? 2 * at : at;
    }
    case FrameStyle::entry_flag:
    case FrameStyle::shim:
      // One before the first: it is about to run it.
      if (instruction + 2 == code.instructions) return 0;
      if (instruction < code.instructions || instruction - code.instructions >= code.instruction_bytes)
        return std::nullopt;
      return instruction - code.instructions;
  }
  return std::nullopt;
}

Frame CodeCache::frame(std::uint64_t address, std::uint64_t instruction) {
  const Code& code = *find(address);
  Frame frame;
  frame.runtime = Runtime::python;
  frame.function = code.function;
  frame.file = code.file;
  if (const auto at = offset(code, instruction))
    frame.line = line_at(objects_.layout().line_style, code.line_table, code.first_line, *at);
  return frame;
}

}  // namespace kvtool::snapshot::python
