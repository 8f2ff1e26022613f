#include "core/snapshot/v8/frame_decoder.h"

#include "core/snapshot/v8/code_tables.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr const char* kInterpreted = "interpreted";
constexpr const char* kBaseline = "baseline";
constexpr const char* kMaglev = "maglev";
constexpr const char* kTurbofan = "turbofan";
constexpr const char* kEvaluated = "<eval>";

}  // namespace

FrameDecoder::FrameDecoder(const Memory& memory, const Engine& engine, const AddressMap& map)
    : engine_(engine),
      heap_(memory, engine.layout()),
      code_(heap_, map),
      functions_(heap_, code_),
      scripts_(heap_),
      optimized_(heap_, functions_) {}

void FrameDecoder::forget() {
  code_.forget();
  functions_.forget();
  scripts_.forget();
}

Word FrameDecoder::slot(std::uint64_t fp, int offset) const {
  return heap_.memory()
      .value<Word>(fp + static_cast<std::uint64_t>(static_cast<std::int64_t>(offset)))
      .value_or(0);
}

// Frames of functions have their context in that slot, which is an object; all others a number, in half a
// small integer.
std::optional<std::int32_t> FrameDecoder::frame_kind(std::uint64_t fp) const {
  const Word marker = slot(fp, heap_.layout().frame_marker);
  if ((marker & 1) != 0 || marker > UINT32_MAX) return std::nullopt;
  return static_cast<std::int32_t>(marker >> 1);
}

bool FrameDecoder::is_entry(std::uint64_t fp) const {
  const auto kind = frame_kind(fp);
  return kind && (*kind == heap_.layout().entry_frame || *kind == heap_.layout().construct_entry_frame);
}

std::vector<Frame> FrameDecoder::functions(const MachineFrame& frame) {
  const Layout& layout = heap_.layout();
  const Word function = slot(frame.fp, layout.frame_function);
  if (const auto kind = frame_kind(frame.fp)) {
    // Builtins that go on where optimized code was left have a function all the same.
    const bool continuation = *kind == layout.continuation_frame || *kind == layout.builtin_frame ||
                              *kind == layout.continuation_with_catch_frame;
    if (!continuation || !heap_.is_function(function)) return {};
    return {describe(frame, heap_.field(function, layout.function_shared), kBuiltinTier, std::nullopt)};
  }
  if (!heap_.is_function(function)) return {};
  const Word shared = heap_.field(function, layout.function_shared);
  if (!heap_.is(shared, layout.shared_type)) return {};

  // The frame's own bytecode: a debugger may have replaced the function's.
  const Word slot_bytecode = slot(frame.fp, layout.frame_bytecode_array);
  const bool has_bytecode = heap_.is(slot_bytecode, layout.bytecode_array_type);
  const bool in_builtin = engine_.origin(frame.lookup) == CodeOrigin::builtin;
  if (in_builtin && !has_bytecode) return {describe(frame, shared, kBuiltinTier, std::nullopt)};

  const auto code = in_builtin ? std::nullopt : code_.find(frame.lookup);
  switch (code ? code->kind : CodeKind::other) {
    case CodeKind::maglev:
    case CodeKind::turbofan:
      return optimized(frame, *code, shared);
    case CodeKind::baseline:
      return {describe(frame, shared, kBaseline, baseline_position(frame, *code, slot_bytecode))};
    case CodeKind::other:
      break;
  }
  // The interpreter itself is a builtin; with --interpreted-frames-native-stack each function has a copy.
  if (!has_bytecode) return {describe(frame, shared, "", std::nullopt)};
  return {describe(frame, shared, kInterpreted, interpreted_position(frame.fp, slot_bytecode))};
}

std::vector<Frame> FrameDecoder::optimized(const MachineFrame& frame, const Code& code, Word shared) {
  const char* tier = code.kind == CodeKind::maglev ? kMaglev : kTurbofan;
  std::vector<Frame> frames;
  for (const InlinedFrame& inlined : optimized_.at_call(code, frame.pc, shared)) {
    const bool builtin = functions_.find(inlined.shared).script == 0;
    frames.push_back(describe(frame, inlined.shared, builtin ? kBuiltinTier : tier, inlined.position));
    frames.back().inlined = true;
  }
  if (frames.empty()) return {describe(frame, shared, tier, std::nullopt)};
  frames.back().inlined = false;
  return frames;
}

std::optional<int> FrameDecoder::interpreted_position(std::uint64_t fp, Word bytecode) const {
  const Layout& layout = heap_.layout();
  const auto offset = Heap::integer(slot(fp, layout.frame_bytecode_offset));
  // Counted from the object's tagged address.
  const int first = layout.bytecode_data - 1;
  if (!offset || *offset < first) return std::nullopt;
  return bytecode_position(heap_, bytecode, *offset - first);
}

std::optional<int> FrameDecoder::baseline_position(const MachineFrame& frame, const Code& code,
                                                   Word bytecode) const {
  constexpr std::size_t kBytecodeLimit = std::size_t{1} << 20;
  const std::size_t bytes = heap_.length(bytecode);
  if (!heap_.is(bytecode, heap_.layout().bytecode_array_type) || bytes > kBytecodeLimit) return std::nullopt;
  std::vector<std::byte> bytecodes(bytes);
  const std::uint64_t data = bytecode - 1 + static_cast<std::uint64_t>(heap_.layout().bytecode_data);
  if (heap_.memory().read(data, bytecodes) != bytes) return std::nullopt;
  const auto offset = find_bytecode(heap_.byte_array(code.positions), bytecodes,
                                    static_cast<std::int64_t>(frame.pc - code.start), heap_.constants());
  return offset ? bytecode_position(heap_, bytecode, *offset) : std::nullopt;
}

Frame FrameDecoder::describe(const MachineFrame& frame, Word shared, const char* tier,
                             std::optional<int> position) {
  const Function& function = functions_.find(shared);
  Frame result{.pc = frame.pc, .function = function.name, .runtime = Runtime::js, .tier = tier};
  if (result.function.empty()) result.function = kAnonymous;
  if (function.script == 0) return result;
  result.file = scripts_.name(function.script);
  if (result.file.empty()) result.file = kEvaluated;
  // Without a position (V8 may not have collected any): the line that the function begins in.
  const auto line = scripts_.line_of(function.script, position.value_or(function.start.value_or(-1)));
  if (!line) return result;
  result.line = line->line;
  if (position) result.column = line->column;
  return result;
}

}  // namespace kvtool::snapshot::v8
