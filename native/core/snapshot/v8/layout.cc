#include "core/snapshot/v8/layout.h"

namespace kvtool::snapshot::v8 {
namespace {

struct Named {
  int Layout::*member;
  const char* name;
};

constexpr Named kValues[] = {
    {&Layout::frame_function, "off_fp_function"},
    {&Layout::frame_marker, "off_fp_context_or_frame_type"},
    {&Layout::frame_bytecode_array, "off_fp_bytecode_array"},
    {&Layout::frame_bytecode_offset, "off_fp_bytecode_offset"},
    {&Layout::entry_frame, "frametype_EntryFrame"},
    {&Layout::construct_entry_frame, "frametype_ConstructEntryFrame"},
    {&Layout::builtin_frame, "frametype_BuiltinFrame"},
    {&Layout::continuation_frame, "frametype_JavaScriptBuiltinContinuationFrame"},
    {&Layout::continuation_with_catch_frame, "frametype_JavaScriptBuiltinContinuationWithCatchFrame"},
    {&Layout::first_nonstring_type, "FirstNonstringType"},
    {&Layout::scope_names, "scopeinfo_idx_first_vars"},
    {&Layout::code_kind_mask, "CodeKindFieldMask"},
    {&Layout::code_kind_baseline, "CodeKindBaseline"},
    {&Layout::deopt_literals, "DeoptimizationDataLiteralArrayIndex"},
    {&Layout::deopt_inlining_positions, "DeoptimizationDataInliningPositionsIndex"},
};

constexpr Named kTypes[] = {
    {&Layout::map_type, "Map"},
    {&Layout::code_type, "Code"},
    {&Layout::instruction_stream_type, "InstructionStream"},
    {&Layout::bytecode_array_type, "BytecodeArray"},
    {&Layout::byte_array_type, "ByteArray"},
    {&Layout::fixed_array_type, "FixedArray"},
    {&Layout::scope_info_type, "ScopeInfo"},
    {&Layout::script_type, "Script"},
    {&Layout::debug_info_type, "DebugInfo"},
    {&Layout::shared_type, "SharedFunctionInfo"},
    {&Layout::interpreter_data_type, "InterpreterData"},
};

struct NamedField {
  int Layout::*member;
  const char* object;
  const char* name;
};

constexpr NamedField kFields[] = {
    {&Layout::map_instance_type, "Map", "instance_type"},
    {&Layout::map_constructor, "Map", "constructor_or_back_pointer"},
    {&Layout::function_shared, "JSFunction", "shared"},
    {&Layout::shared_name, "SharedFunctionInfo", "name_or_scope_info"},
    {&Layout::script_source, "Script", "source"},
    {&Layout::script_name, "Script", "name"},
    {&Layout::script_line_ends, "Script", "line_ends"},
    {&Layout::string_length, "String", "length"},
    {&Layout::string_characters, "SeqOneByteString", "chars"},
    {&Layout::cons_first, "ConsString", "first"},
    {&Layout::cons_second, "ConsString", "second"},
    {&Layout::sliced_parent, "SlicedString", "parent"},
    {&Layout::sliced_offset, "SlicedString", "offset"},
    {&Layout::thin_actual, "ThinString", "actual"},
    {&Layout::bytecode_data, "BytecodeArray", "data"},
    {&Layout::array_length, "FixedArrayBase", "length"},
    {&Layout::array_data, "FixedArray", "data"},
};

// What no version lists is an object that none of its versions has.
constexpr int kNoType = -1;
// From JS_FUNCTION_TYPE to the last kind of function, in the one version that does not say.
constexpr int kFunctionTypes = 16;

}  // namespace

std::optional<Layout> make_layout(const Metadata& metadata, const Constants& constants) {
  Layout layout;
  layout.constants = &constants;
  bool complete = true;
  const auto take = [&](int Layout::*member, std::optional<int> value) {
    complete &= value.has_value();
    layout.*member = value.value_or(0);
  };
  for (const Named& entry : kValues) take(entry.member, metadata.value(entry.name));
  for (const Named& entry : kTypes) take(entry.member, metadata.type(entry.name));
  for (const NamedField& entry : kFields) take(entry.member, metadata.field(entry.object, entry.name));

  auto script = metadata.field("SharedFunctionInfo", "script");
  if (!script) script = metadata.field("SharedFunctionInfo", "script_or_debug_info");
  take(&Layout::shared_script, script);
  auto first_function = metadata.value("FirstJSFunctionType");
  if (!first_function) first_function = metadata.type("JSFunction");
  take(&Layout::first_function_type, first_function);
  if (!complete) return std::nullopt;

  layout.last_function_type =
      metadata.value("LastJSFunctionType").value_or(layout.first_function_type + kFunctionTypes);
  layout.trusted_byte_array_type = metadata.type("TrustedByteArray").value_or(kNoType);
  layout.shared_wrapper_type = metadata.type("SharedFunctionInfoWrapper").value_or(kNoType);
  // The first field: never moved, listed by one version only.
  layout.shared_data = metadata.field("SharedFunctionInfo", "function_data").value_or(8);
  layout.code_instruction_start =
      metadata.field("Code", "instruction_start").value_or(constants.code_instruction_start);
  layout.code_flags = metadata.field("Code", "flags").value_or(constants.code_flags);
  layout.code_instruction_size =
      metadata.field("Code", "instruction_size").value_or(constants.code_instruction_size);
  return layout;
}

}  // namespace kvtool::snapshot::v8
