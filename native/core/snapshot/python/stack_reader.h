// StackReader: the Python frames of one thread, and which of them belong to which call of the interpreter's C
// function (_PyEval_EvalFrameDefault).
#pragma once

#include <cstdint>
#include <vector>

#include "core/snapshot/python/code_cache.h"
#include "core/snapshot/python/objects.h"

namespace kvtool::snapshot::python {

inline constexpr std::size_t kPythonFrameLimit = 1024;

struct PythonFrame {
  std::uint64_t address = 0;
  std::uint64_t code = 0;
  std::uint64_t instruction = 0;  // the last one; its form depends on the version
  bool operator==(const PythonFrame&) const = default;
};

// The frames that one C call runs, innermost first; never empty.
struct Run {
  // Of something in the C call's own stack frame; 0 when the version keeps nothing there (3.8, 3.9).
  std::uint64_t stack_address = 0;
  std::vector<PythonFrame> frames;
  bool operator==(const Run&) const = default;
};

struct PythonStack {
  std::vector<Run> runs;  // innermost first
  bool cut = false;       // more than kPythonFrameLimit frames, or memory that is no frame
  bool operator==(const PythonStack&) const = default;
};

// `state` is a PyThreadState.
PythonStack read_stack(const Objects& objects, CodeCache& codes, std::uint64_t state);

}  // namespace kvtool::snapshot::python
