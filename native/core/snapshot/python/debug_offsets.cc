#include "core/snapshot/python/debug_offsets.h"

#include <array>
#include <cstring>
#include <span>
#include <string_view>

namespace kvtool::snapshot::python {
namespace {

constexpr std::string_view kCookie = "xdebugpy";

// The table is 64-bit words. These are the places of the words; 3.14 added some in the middle.
struct Places {
  std::size_t interpreters;
  std::size_t interpreter_id;
  std::size_t interpreter_next;
  std::size_t interpreter_threads;
  std::size_t interpreter_gil;
  std::size_t thread;  // size, prev, next, interp, current_frame, thread_id, native_thread_id
  std::size_t frame;   // size, previous, executable, instr_ptr, localsplus, owner
  std::size_t code;    // size, filename, name, qualname, linetable, firstlineno, and 3 on: co_code_adaptive
  std::size_t object;  // size, ob_type, then of types: size, tp_name
  std::size_t bytes;   // size, ob_size, ob_sval
  std::size_t text;    // size, state, length, size of an ASCII string's header
};

// 1 + 2 words of head and 3 of the runtime; then 13 or 16 words of the interpreter, 9 of the thread, 6 or 8
// of the frame, 10 or 11 of the code, 2 of objects, 4 of types, 3 each of tuples and lists (3.14: 4 of sets),
// 3 of dicts, 2 of floats, 3 of ints and bytes.
constexpr Places kPlaces13{.interpreters = 5,
                           .interpreter_id = 7,
                           .interpreter_next = 8,
                           .interpreter_threads = 9,
                           .interpreter_gil = 14,
                           .thread = 19,
                           .frame = 28,
                           .code = 34,
                           .object = 44,
                           .bytes = 64,
                           .text = 67};
constexpr Places kPlaces14{.interpreters = 5,
                           .interpreter_id = 7,
                           .interpreter_next = 8,
                           .interpreter_threads = 9,
                           .interpreter_gil = 15,
                           .thread = 22,
                           .frame = 31,
                           .code = 39,
                           .object = 50,
                           .bytes = 74,
                           .text = 77};
constexpr std::size_t kWords = kPlaces14.text + 4;

// A structure larger than this is none: the offsets are used to read memory.
constexpr std::uint64_t kLargest = 1 << 20;

}  // namespace

std::optional<DebugOffsets> read_debug_offsets(const Memory& memory, std::uint64_t runtime) {
  std::array<std::uint64_t, kWords> words{};
  if (memory.read(runtime, std::as_writable_bytes(std::span(words))) != sizeof words) return std::nullopt;
  if (std::memcmp(words.data(), kCookie.data(), kCookie.size()) != 0) return std::nullopt;
  DebugOffsets result{.version = static_cast<std::uint32_t>(words[1]), .free_threaded = words[2] != 0};
  const int minor = static_cast<int>(result.version >> 16 & 0xff);
  const Layout* known = layout_of(minor);
  if (result.version >> 24 != 3 || known == nullptr) return std::nullopt;
  const Places& at = minor == 13 ? kPlaces13 : kPlaces14;

  bool plausible = true;
  const auto take = [&](std::size_t place, Offset& offset) {
    plausible &= words[place] < kLargest;
    offset = static_cast<Offset>(words[place]);
  };
  Layout& layout = result.layout = *known;
  take(at.interpreters, layout.runtime.interpreters);
  take(at.interpreter_id, layout.interpreter.id);
  take(at.interpreter_next, layout.interpreter.next);
  take(at.interpreter_threads, layout.interpreter.threads);
  take(at.interpreter_gil, layout.interpreter.gil);
  take(at.thread + 2, layout.thread.next);
  take(at.thread + 3, layout.thread.interpreter);
  take(at.thread + 4, layout.thread.frame);
  take(at.thread + 5, layout.thread.ident);
  take(at.thread + 6, layout.thread.native_id);
  take(at.frame + 1, layout.frame.previous);
  take(at.frame + 2, layout.frame.code);
  take(at.frame + 3, layout.frame.instruction);
  take(at.frame + 4, layout.frame.slots);
  take(at.frame + 5, layout.frame.entry);
  take(at.code + 1, layout.code.file);
  take(at.code + 3, layout.code.name);
  take(at.code + 4, layout.code.line_table);
  take(at.code + 9, layout.code.instructions);
  take(at.object + 1, layout.object.type);
  take(at.object + 3, layout.object.type_name);
  take(at.bytes + 1, layout.object.size);
  take(at.bytes + 2, layout.object.bytes);
  take(at.text + 1, layout.object.text_state);
  take(at.text + 2, layout.object.text_length);
  take(at.text + 3, layout.object.text_ascii);
  layout.object.text_other = layout.object.text_ascii + (known->object.text_other - known->object.text_ascii);
  // A free-threaded 3.14 gives the flag before it a byte of its own.
  if (result.free_threaded && minor >= 14) layout.object.text_kind_bit = 8;

  // The table leaves out three fields of a code object. A free-threaded build, whose objects have a longer
  // header, has them as much further back as the fields that are in the table.
  Offset first_line = 0;
  take(at.code + 5, first_line);
  const Offset shift = first_line - known->code.first_line;
  layout.code.first_line = first_line;
  layout.code.exception_table += shift;
  layout.code.locals += shift;
  layout.code.stack_size += shift;
  if (!plausible) return std::nullopt;
  return result;
}

}  // namespace kvtool::snapshot::python
