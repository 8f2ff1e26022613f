// Layout: where the fields of V8's objects and stack frames are in one target: its own metadata, completed by
// the table of its version.
#pragma once

#include <cstdint>
#include <optional>

#include "core/snapshot/v8/constants.h"
#include "core/snapshot/v8/metadata.h"

namespace kvtool::snapshot::v8 {

struct Layout {
  const Constants* constants = nullptr;

  // Slots of a frame, from its frame pointer.
  int frame_function = 0;
  int frame_marker = 0;  // the context of a JavaScript function, or which other kind of frame it is
  int frame_bytecode_array = 0;
  int frame_bytecode_offset = 0;

  // Kinds of frames.
  int entry_frame = 0;
  int construct_entry_frame = 0;
  int builtin_frame = 0;
  int continuation_frame = 0;
  int continuation_with_catch_frame = 0;

  // Instance types.
  int map_type = 0;
  int code_type = 0;
  int instruction_stream_type = 0;
  int bytecode_array_type = 0;
  int byte_array_type = 0;
  int trusted_byte_array_type = 0;
  int fixed_array_type = 0;
  int scope_info_type = 0;
  int script_type = 0;
  int debug_info_type = 0;
  int shared_type = 0;
  int shared_wrapper_type = 0;
  int interpreter_data_type = 0;
  int first_function_type = 0;
  int last_function_type = 0;
  int first_nonstring_type = 0;

  // Fields, from the object's address.
  int map_instance_type = 0;
  int map_constructor = 0;
  int function_shared = 0;
  int shared_name = 0;
  int shared_script = 0;
  int shared_data = 0;
  int script_source = 0;
  int script_name = 0;
  int script_line_ends = 0;
  int string_length = 0;
  int string_characters = 0;
  int cons_first = 0;
  int cons_second = 0;
  int sliced_parent = 0;
  int sliced_offset = 0;
  int thin_actual = 0;
  int bytecode_data = 0;
  int code_instruction_start = 0;
  int code_flags = 0;
  int code_instruction_size = 0;
  int array_length = 0;
  int array_data = 0;
  int scope_names = 0;  // index of the first word after the counts

  // Kinds of code; Maglev's and TurboFan's follow Sparkplug's.
  int code_kind_mask = 0;
  int code_kind_baseline = 0;

  // Indices in a DeoptimizationData.
  int deopt_literals = 0;
  int deopt_inlining_positions = 0;
};

// nullopt when the metadata lacks what nothing can be read without.
std::optional<Layout> make_layout(const Metadata& metadata, const Constants& constants);

}  // namespace kvtool::snapshot::v8
