#include "core/snapshot/v8/function.h"

#include "core/snapshot/v8/strings.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint32_t kNameLimit = 512;

// ScopeInfo's flags (v8/src/objects/scope-info.tq); these bits are the same from V8 11.3 to 14.6.
constexpr std::uint32_t kScopeKind = 15;
constexpr std::uint32_t kSavedClassVariable = 1u << 10;
constexpr std::uint32_t kFunctionVariable = 3u << 12;
constexpr std::uint32_t kInferredName = 1u << 14;
// With more locals than this their names are in one hash table instead of one word each.
constexpr std::int32_t kInlinedLocals = 75;
constexpr std::int32_t kLocalLimit = 1 << 20;
// Where a DebugInfo (break points, coverage) keeps what the function had in its place: among the first
// fields.
constexpr int kDebugInfoFields[] = {8, 16, 24, 32, 40};

}  // namespace

const Function& Functions::find(Word shared) {
  const auto [found, fresh] = functions_.try_emplace(shared);
  Function& function = found->second;
  if (!fresh) return function;
  const Layout& layout = heap_.layout();
  const Word name = heap_.field(shared, layout.shared_name);
  if (is_string(heap_, name)) {
    function.name = text_of(heap_, name, kNameLimit).value_or("");
  } else if (heap_.is(name, layout.scope_info_type)) {
    read_scope_info(name, function);
  }
  function.script = script_of(shared);
  return function;
}

Word Functions::script_of(Word shared) const {
  const Layout& layout = heap_.layout();
  const Word script = heap_.field(shared, layout.shared_script);
  if (heap_.is(script, layout.script_type)) return script;
  if (!heap_.is(script, layout.debug_info_type)) return 0;
  for (const int offset : kDebugInfoFields)
    if (const Word kept = heap_.field(script, offset); heap_.is(kept, layout.script_type)) return kept;
  return 0;
}

// Words after the map: flags, number of parameters, number of locals, [start, end], [number of module
// variables], names of locals, as many words about them, [class variable], [function's name, where it is],
// [inferred name], [start, end].
void Functions::read_scope_info(Word scope, Function& function) const {
  const Constants& constants = heap_.constants();
  const auto word = [&](int index) { return heap_.field(scope, 8 + 8 * index); };
  std::uint32_t flags = static_cast<std::uint32_t>(word(0));
  if (constants.scope_flags == ScopeFlags::small_integer)
    flags = static_cast<std::uint32_t>(Heap::integer(word(0)).value_or(0));
  const auto locals = Heap::integer(word(2));
  if (!locals || *locals < 0 || *locals > kLocalLimit) return;

  int index = heap_.layout().scope_names;
  const std::uint32_t kind = flags & kScopeKind;
  if (kind == constants.scope_module) ++index;
  index += (*locals < kInlinedLocals ? *locals : 1) + *locals;
  if ((flags & kSavedClassVariable) != 0) ++index;
  if ((flags & kFunctionVariable) != 0) {
    function.name = text_of(heap_, word(index), kNameLimit).value_or("");
    index += 2;
  }
  if ((flags & kInferredName) != 0) {
    if (function.name.empty()) function.name = text_of(heap_, word(index), kNameLimit).value_or("");
    ++index;
  }
  const bool has_positions = kind <= constants.scope_module + 1;
  const int positions = constants.scope_has_positions ? 3 : index;
  if (constants.scope_has_positions || has_positions) function.start = Heap::integer(word(positions));
}

Word Functions::bytecode(Word shared) const {
  const Layout& layout = heap_.layout();
  Word data = heap_.field(shared, layout.shared_data);
  if (const auto baseline = code_.read(data)) data = baseline->data;
  if (heap_.is(data, layout.interpreter_data_type))
    data = heap_.field(data, heap_.constants().interpreter_data_bytecode);
  return heap_.is(data, layout.bytecode_array_type) ? data : 0;
}

}  // namespace kvtool::snapshot::v8
