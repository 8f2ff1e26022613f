// Node 20: V8 11.3.
//
// Source: object layouts, scope flags, encodings of positions and safepoints, and the isolate's first fields
// were measured on Node 20.0.0 and 20.20.2 (linux-x64), by decoding stacks whose Error.stack was known.
// `operand_counts`, `bytecode_bytes` and `isolate_exit_frame` are what tables/extract.js prints for these
// executables; all of them gave the same.
#pragma once

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

inline constexpr Constants kNode20{
    .node = 20,
    .v8 = {11, 3},

    .code_data = 16,
    .code_positions = 24,
    .code_instruction_start = 40,
    .code_flags = 48,
    .code_instruction_size = 56,
    .bytecode_positions = 32,
    .interpreter_data_bytecode = 8,
    .script_line_offset = 24,
    .script_column_offset = 32,
    .external_string_data = 24,
    .shared_wrapper_shared = 8,

    .scope_flags = ScopeFlags::small_integer,
    .scope_function = 2,
    .scope_module = 3,
    .scope_has_positions = false,

    .positions = PositionEncoding::zigzag,
    .maglev_safepoints = {.bytes = 16, .length_at = 0, .entry_extra = 1},
    .translation = {.operand_counts = "103311313111112111111115333401111121",
                    .interpreted_with_return = 23,
                    .interpreted_without_return = 24,
                    .builtin_continuation = 25,
                    .builtin_continuation_with_catch = 26},
    .bytecode_bytes =
        {
            "11111234556212111112442223222111233342244244344333444545333333333333333333333333"
            "22221112224554565345556445533333333222215412414342333311142222222222222222222222"
            "42335211112112454412211111111111111111",
            "11111357979313111113773335333111255573377377477555777878555555555555555555555555"
            "333311133379979b9579979669955555555333317613616563555511173333333333333333333333"
            "73559311113113797713311111111111111111",
            "1111159dhbf515111115dd55595551112999d55dd5dd6dd999dddede999999999999999999999999"
            "5555111555dhhdhlh9dhhbfaahh9999999955551ba15a1a9a59999111d5555555555555555555555"
            "d599h511115115dhdd15511111111111111111",
        },

    .isolate_self = 0x8,
    .isolate_stack_limit = 0x10,
    .isolate_exit_frame = 0x180,
};

}  // namespace kvtool::snapshot::v8
