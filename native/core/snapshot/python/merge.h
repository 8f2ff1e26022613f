// Puts the Python frames of a thread where they belong between its native frames: each run of them before the
// call of the interpreter's C function that runs it.
//
// Which call that is, the stack tells: from 3.10 on each of these calls keeps something of the interpreter in
// its own stack frame, so the address of that says where on the stack the call is. That takes no symbols.
// Before 3.10 each Python frame has one such call, and the calls are known by name.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/snapshot/process_dump.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/unwinder.h"

namespace kvtool::snapshot::python {

struct NamedRun {
  std::uint64_t stack_address = 0;  // 0: not known
  std::vector<Frame> frames;
};

// Is it the function that runs Python code? Compilers split it in parts.
bool runs_python(std::string_view function);

// False when the places are not certain; then the frames that could not be placed are at the end.
// REQUIRES: `runs` are in order, innermost first.
bool merge(std::vector<Frame>& frames, std::vector<NamedRun> runs, const Walk& walk, const StackCopy& stack);

}  // namespace kvtool::snapshot::python
