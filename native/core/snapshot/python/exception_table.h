// The exception table of a code object (3.11 on): where an exception raised by an instruction is handled. For
// a reader its worth is another: it tells how much of the value stack is in use, which nothing in the frame
// does while the frame runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kvtool::snapshot::python {

// How many values the innermost handler of the instruction at that offset (in bytes) leaves on the stack: so
// many are there at least. nullopt when nothing handles its exceptions.
std::optional<std::uint32_t> handler_depth(std::string_view table, std::uint64_t offset);

}  // namespace kvtool::snapshot::python
