// Node 22: V8 12.4.
//
// Source: object layouts, scope flags, encodings of positions and safepoints, and the isolate's first fields
// were measured on Node 22.0.0 and 22.23.3 (linux-x64), by decoding stacks whose Error.stack was known.
// `operand_counts`, `bytecode_bytes` and `isolate_exit_frame` are what tables/extract.js prints for these
// executables; all of them gave the same.
#pragma once

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

inline constexpr Constants kNode22{
    .node = 22,
    .v8 = {12, 4},

    .code_data = 8,
    .code_positions = 16,
    .code_instruction_start = 40,
    .code_flags = 48,
    .code_instruction_size = 52,
    .bytecode_positions = 24,
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
    .translation = {.operand_counts = "5333213432103311111111111111111101111121",
                    .interpreted_with_return = 0,
                    .interpreted_without_return = 1,
                    .builtin_continuation = 2,
                    .builtin_continuation_with_catch = 3},
    .bytecode_bytes =
        {
            "11111234556212111112442223222111233342422442443443533444545333333333333333333333"
            "33322221112224554565345556445533333333312221154124143423333111422222222222222222"
            "2222242335211112112454412211111111111111111",
            "11111357979313111113773335333111255573733773774775955777878555555555555555555555"
            "555333311133379979b9579979669955555555513331176136165635555111733333333333333333"
            "3333373559311113113797713311111111111111111",
            "1111159dhbf515111115dd55595551112999d5d55dd5dd6dd9h99dddede999999999999999999999"
            "9995555111555dhhdhlh9dhhbfaahh999999999155511ba15a1a9a59999111d55555555555555555"
            "55555d599h511115115dhdd15511111111111111111",
        },

    .isolate_self = 0x8,
    .isolate_stack_limit = 0x10,
    .isolate_exit_frame = 0x110,
};

}  // namespace kvtool::snapshot::v8
