// Layout: where a minor version of CPython keeps what a reader of its memory needs. Offsets in bytes, for
// 64-bit builds. Patch releases do not move these fields: the tables were compared with the headers of 3.8.10
// and 18, 3.9.2 and 18, 3.10.12 and 13, 3.11.2 and 7, 3.12.1 and 3, 3.13.0 and 18, and 3.14.10.
//
// From 3.13 on a process describes most of it itself (debug_offsets.h); the table has the rest.
#pragma once

#include <cstdint>

namespace kvtool::snapshot::python {

using Offset = std::uint32_t;
inline constexpr Offset kNone = ~Offset{0};

// How the frames of one thread hang together, and which of them one call of the C function
// _PyEval_EvalFrameDefault runs.
enum class FrameStyle : std::uint8_t {
  objects,     // 3.8 to 3.10: every frame is a PyFrameObject and has a C call of its own
  entry_flag,  // 3.11: Python calls Python without a C call; the outermost frame of a C call has a flag
  shim,        // 3.12 on: behind it follows a frame without code, which lies in the C call's own stack frame
};

// How a code object says which line an instruction belongs to.
enum class LineStyle : std::uint8_t {
  increments,  // 3.8, 3.9: co_lnotab
  ranges,      // 3.10: co_linetable, PEP 626
  locations,   // 3.11 on: co_linetable with columns, PEP 657
};

// _PyRuntimeState.
struct RuntimeOffsets {
  Offset interpreters = kNone;
  Offset gil = kNone;  // kNone from 3.12 on: every interpreter points to its own
};

// PyInterpreterState.
struct InterpreterOffsets {
  Offset next = 0;
  Offset id = kNone;
  Offset threads = kNone;
  Offset gil = kNone;  // a pointer
};

// PyThreadState.
struct ThreadOffsets {
  Offset next = 8;
  Offset interpreter = 16;
  Offset ident = kNone;      // pthread_t
  Offset native_id = kNone;  // 3.11 on: the TID
  Offset frame = kNone;      // the innermost frame
  Offset c_frame = kNone;    // 3.10 to 3.12: the innermost _PyCFrame; in 3.11 and 3.12 that has the frame
  Offset root_c_frame = kNone;
  Offset exit_lock_reference = kNone;  // to 3.12: a weak reference to the lock that join() waits for
};

// _PyCFrame, which lies in the stack frame of the C call that it stands for.
struct CFrameOffsets {
  Offset frame = kNone;
  Offset previous = kNone;
};

// PyFrameObject (to 3.10), _PyInterpreterFrame.
struct FrameOffsets {
  Offset previous = kNone;
  Offset code = kNone;
  Offset instruction = kNone;  // to 3.10: f_lasti; then a pointer into the code
  Offset entry = kNone;        // 3.11: the flag; 3.12 on: `owner`
  Offset block_count = kNone;  // to 3.10
  Offset blocks = kNone;       // to 3.10
  Offset slots = kNone;        // local variables, then the value stack
};

// PyCodeObject.
struct CodeOffsets {
  Offset file = kNone;
  Offset name = kNone;  // from 3.11 on the qualified one
  Offset first_line = kNone;
  Offset line_table = kNone;
  Offset exception_table = kNone;  // 3.11 on
  Offset locals = kNone;           // number of slots before the value stack; to 3.10 without the next two
  Offset cell_names = kNone;
  Offset free_names = kNone;
  Offset stack_size = kNone;
  Offset instructions = kNone;  // 3.11 on
};

// PyObject, PyTypeObject, PyBytesObject, PyASCIIObject.
struct ObjectOffsets {
  Offset type = 8;
  Offset type_name = 24;
  Offset size = 16;  // of tuples and bytes
  Offset bytes = 32;
  Offset text_length = 16;
  Offset text_state = 32;
  Offset text_kind_bit = 2;  // in the state
  Offset text_ascii = 40;
  Offset text_other = 56;  // of a string with other characters
};

struct Layout {
  int minor = 0;
  FrameStyle frame_style = FrameStyle::shim;
  LineStyle line_style = LineStyle::locations;
  RuntimeOffsets runtime = {};
  InterpreterOffsets interpreter = {};
  ThreadOffsets thread = {};
  CFrameOffsets c_frame = {};
  FrameOffsets frame = {};
  CodeOffsets code = {};
  ObjectOffsets object = {};
};

inline constexpr int kFirstMinor = 8;
inline constexpr int kLastMinor = 14;

// Null for a version that is not known.
const Layout* layout_of(int minor);

}  // namespace kvtool::snapshot::python
