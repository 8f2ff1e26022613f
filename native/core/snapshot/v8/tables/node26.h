// Node 26: V8 14.6.
//
// Source: object layouts, scope flags, encodings of positions and safepoints, and the isolate's first fields
// were measured on Node 26.0.0 and 26.10.0 (linux-x64), by decoding stacks whose Error.stack was known.
// `operand_counts`, `bytecode_bytes` and `isolate_exit_frame` are what tables/extract.js prints for these
// executables; all of them gave the same.
#pragma once

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

inline constexpr Constants kNode26{
    .node = 26,
    .v8 = {14, 6},

    .code_data = 8,
    .code_positions = 16,
    .code_instruction_start = 40,
    .code_flags = 52,
    .code_instruction_size = 56,
    .bytecode_positions = 24,
    .interpreter_data_bytecode = 8,
    .script_line_offset = 24,
    .script_column_offset = 32,
    .external_string_data = 24,
    .shared_wrapper_shared = 8,

    .scope_flags = ScopeFlags::raw,
    .scope_function = 4,
    .scope_module = 5,
    .scope_has_positions = true,

    .positions = PositionEncoding::tagged,
    .maglev_safepoints = {.bytes = 16, .length_at = 4, .entry_extra = 1},
    .translation = {.operand_counts = "643321343331003311101111111111111111101111121",
                    .interpreted_with_return = 0,
                    .interpreted_without_return = 1,
                    .builtin_continuation = 2,
                    .builtin_continuation_with_catch = 3},
    .bytecode_bytes =
        {
            "11111234556212111112444222232221112333424224442444344353344454533333333333334333"
            "33333333322221122224554565345556445534444443312221154124143423333311142222222222"
            "4222222222222442352511112112454412211111111111111111",
            "11111357979313111113777333353331112555737337773777477595577787855555555555556555"
            "555555555333311333379979b9579979669955555555513331176136165635555511173333333333"
            "7333333333333773593911113113797713211111111111111111",
            "1111159dhbf515111115ddd555595551112999d5d55ddd5ddd6dd9h99dddede9999999999999a999"
            "9999999995555115555dhhdhlh9dhhbfaahh977777799155511ba15a1a9a599999111d5555555555"
            "d555555555555dd59h5h11115115dhdd15211111111111111111",
        },

    .isolate_self = 0x8,
    .isolate_stack_limit = 0x10,
    .isolate_exit_frame = 0x148,
};

}  // namespace kvtool::snapshot::v8
