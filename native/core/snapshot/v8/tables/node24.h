// Node 24: V8 13.6.
//
// Source: object layouts, scope flags, encodings of positions and safepoints, and the isolate's first fields
// were measured on Node 24.0.0, 24.14.1 and 24.21.0 (linux-x64), by decoding stacks whose Error.stack was
// known. `operand_counts`, `bytecode_bytes` and `isolate_exit_frame` are what tables/extract.js prints for
// these executables; all of them gave the same.
#pragma once

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

inline constexpr Constants kNode24{
    .node = 24,
    .v8 = {13, 6},

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

    .positions = PositionEncoding::zigzag,
    .maglev_safepoints = {.bytes = 16, .length_at = 4, .entry_extra = 1},
    .translation = {.operand_counts = "643321343331003311101111111111111111101111121",
                    .interpreted_with_return = 0,
                    .interpreted_without_return = 1,
                    .builtin_continuation = 2,
                    .builtin_continuation_with_catch = 3},
    .bytecode_bytes =
        {
            "11111234556212111112444222232221112333424224442444344353344454533333333333333333"
            "33333332222112222455456534555644553333333331222115412414342333311142222222222422"
            "222222222244235211112112454412211111111111111111",
            "11111357979313111113777333353331112555737337773777477595577787855555555555555555"
            "5555555333311333379979b957997966995555555551333117613616563555511173333333333733"
            "333333333377359311113113797713311111111111111111",
            "1111159dhbf515111115ddd555595551112999d5d55ddd5ddd6dd9h99dddede99999999999999999"
            "99999995555115555dhhdhlh9dhhbfaahh999999999155511ba15a1a9a59999111d5555555555d55"
            "5555555555dd59h511115115dhdd15511111111111111111",
        },

    .isolate_self = 0x8,
    .isolate_stack_limit = 0x10,
    .isolate_exit_frame = 0x140,
};

}  // namespace kvtool::snapshot::v8
