#include "core/snapshot/v8/optimized.h"

#include <algorithm>
#include <cstring>

#include "core/snapshot/v8/code_tables.h"
#include "core/snapshot/v8/translation.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::size_t kInliningLimit = 256;
constexpr std::size_t kSafepointTableLimit = std::size_t{1} << 20;

// DeoptimizationData: a few fixed entries, then for each place where the code may be left three words:
// bytecode offset, index of the translation, offset of the machine code.
constexpr std::size_t kTranslations = 0;
constexpr std::size_t kFixedAfterInliningPositions = 4;
constexpr std::size_t kWordsPerEntry = 3;
constexpr std::size_t kTranslationIndex = 1;
constexpr std::size_t kMachineCodeOffset = 2;

// An inlining position: a source position and the function that was inlined there.
constexpr std::size_t kInliningPositionBytes = 16;

}  // namespace

std::optional<int> bytecode_position(const Heap& heap, Word bytecode, std::int64_t offset) {
  const Word table = heap.field(bytecode, heap.constants().bytecode_positions);
  const auto position = find_position(heap.byte_array(table), offset, heap.constants().positions);
  if (!position || position->offset < 0) return std::nullopt;
  return position->offset;
}

std::vector<InlinedFrame> OptimizedFrames::at_call(const Code& code, std::uint64_t pc, Word outermost) const {
  // The deoptimizer's notes come first: they include builtins that were inlined (Array.prototype.reduce), and
  // Maglev's code has no positions in Node 22.0 and in 24.0 to 24.18.
  auto frames = by_deoptimization(code, pc);
  if (frames.empty()) frames = by_positions(code, pc, outermost);
  return frames;
}

std::optional<std::size_t> OptimizedFrames::translation_index(const Code& code, std::uint64_t pc) const {
  const auto format =
      code.kind == CodeKind::maglev ? heap_.constants().maglev_safepoints : kTurbofanSafepoints;
  const std::uint64_t table_start = code.start + code.bytes;
  std::vector<std::byte> table(format.bytes);
  if (heap_.memory().read(table_start, table) != table.size()) return std::nullopt;
  table.resize(std::clamp(safepoint_table_bytes(table, format), format.bytes, kSafepointTableLimit));
  table.resize(heap_.memory().read(table_start, table));
  const auto pc_offset = static_cast<std::int64_t>(pc - code.start);
  const auto safepoint = find_safepoint(table, pc_offset, format);
  if (!safepoint || safepoint->deoptimization < 0) return std::nullopt;

  const std::size_t entry = static_cast<std::size_t>(heap_.layout().deopt_inlining_positions) +
                            kFixedAfterInliningPositions +
                            kWordsPerEntry * static_cast<std::size_t>(safepoint->deoptimization);
  // The entry says of which code it is: that of the call (TurboFan), or the piece that leaves it (Maglev).
  const auto said = Heap::integer(heap_.element(code.data, entry + kMachineCodeOffset));
  if (!said || (*said != safepoint->trampoline && *said != pc_offset)) return std::nullopt;
  const auto index = Heap::integer(heap_.element(code.data, entry + kTranslationIndex));
  if (!index || *index < 0) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

Word OptimizedFrames::literal(const Code& code, std::size_t index) const {
  const Word literals = heap_.element(code.data, static_cast<std::size_t>(heap_.layout().deopt_literals));
  Word found = Heap::without_weakness(heap_.element(literals, index));
  if (heap_.is(found, heap_.layout().shared_wrapper_type))
    found = heap_.field(found, heap_.constants().shared_wrapper_shared);
  return heap_.is(found, heap_.layout().shared_type) ? found : 0;
}

std::vector<InlinedFrame> OptimizedFrames::by_deoptimization(const Code& code, std::uint64_t pc) const {
  const auto index = translation_index(code, pc);
  if (!index) return {};
  const auto translations = heap_.byte_array(heap_.element(code.data, kTranslations));
  const auto translated = read_translation(translations, *index, heap_.constants().translation);
  std::vector<InlinedFrame> frames;
  for (auto frame = translated.rbegin(); frame != translated.rend(); ++frame) {
    InlinedFrame found{.shared = literal(code, frame->literal), .position = {}};
    if (found.shared == 0) return {};
    if (!frame->builtin)
      found.position =
          bytecode_position(heap_, functions_.bytecode(found.shared), std::max(frame->bytecode_offset, 0));
    frames.push_back(found);
  }
  return frames;
}

std::vector<InlinedFrame> OptimizedFrames::by_positions(const Code& code, std::uint64_t pc,
                                                        Word outermost) const {
  const auto pc_offset = static_cast<std::int64_t>(pc - code.start);
  auto position = find_position(heap_.byte_array(code.positions), pc_offset - 1, heap_.constants().positions);
  if (!position) return {};
  const auto inlinings = heap_.byte_array(
      heap_.element(code.data, static_cast<std::size_t>(heap_.layout().deopt_inlining_positions)));
  std::vector<InlinedFrame> frames;
  while (position->inlining >= 0) {
    const std::size_t at = kInliningPositionBytes * static_cast<std::size_t>(position->inlining);
    if (at + kInliningPositionBytes > inlinings.size() || frames.size() >= kInliningLimit) return {};
    std::uint64_t bits = 0;
    std::int32_t function = -1;
    std::memcpy(&bits, inlinings.data() + at, sizeof bits);
    std::memcpy(&function, inlinings.data() + at + sizeof bits, sizeof function);
    const Word shared = function < 0 ? 0 : literal(code, static_cast<std::size_t>(function));
    if (shared == 0) return {};
    frames.push_back({.shared = shared, .position = position->offset});
    position = SourcePosition::unpack(bits);
  }
  frames.push_back({.shared = outermost, .position = position->offset});
  return frames;
}

}  // namespace kvtool::snapshot::v8
