// Line tables of code objects: which line of the source an instruction comes from. Pure functions over bytes
// that may be garbage.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/snapshot/python/layouts.h"

namespace kvtool::snapshot::python {

// The line of the instruction at that offset, in bytes; nullopt when it has none.
std::optional<int> line_at(LineStyle style, std::string_view table, int first_line, std::uint64_t offset);

}  // namespace kvtool::snapshot::python
