#include "core/snapshot/python/layouts.h"

#include <algorithm>
#include <array>

namespace kvtool::snapshot::python {
namespace {

constexpr Layout python_3_8() {
  Layout layout{.minor = 8, .frame_style = FrameStyle::objects, .line_style = LineStyle::increments};
  layout.runtime = {.interpreters = 32, .gil = 1152};
  layout.interpreter = {.next = 0, .id = 16, .threads = 8};
  layout.thread = {.ident = 176, .frame = 24, .exit_lock_reference = 208};
  layout.frame = {
      .previous = 24, .code = 32, .instruction = 104, .block_count = 112, .blocks = 120, .slots = 360};
  layout.code = {.file = 104,
                 .name = 112,
                 .first_line = 40,
                 .line_table = 120,
                 .locals = 28,
                 .cell_names = 88,
                 .free_names = 80,
                 .stack_size = 32};
  layout.object.text_ascii = 48;
  layout.object.text_other = 72;
  return layout;
}

constexpr Layout python_3_9() {
  Layout layout = python_3_8();
  layout.minor = 9;
  layout.runtime.gil = 352;
  layout.interpreter.id = 24;
  return layout;
}

constexpr Layout python_3_10() {
  Layout layout = python_3_9();
  layout.minor = 10;
  layout.line_style = LineStyle::ranges;
  layout.thread.c_frame = 48;
  layout.thread.root_c_frame = 264;
  layout.c_frame = {.previous = 8};
  layout.frame.instruction = 96;
  layout.frame.block_count = 104;
  layout.frame.blocks = 112;
  layout.frame.slots = 352;
  return layout;
}

constexpr Layout python_3_11() {
  Layout layout{.minor = 11, .frame_style = FrameStyle::entry_flag};
  layout.runtime = {.interpreters = 40, .gil = 360};
  layout.interpreter = {.next = 0, .id = 48, .threads = 16};
  layout.thread = {
      .ident = 152, .native_id = 160, .c_frame = 56, .root_c_frame = 336, .exit_lock_reference = 192};
  layout.c_frame = {.frame = 8, .previous = 16};
  layout.frame = {.previous = 48, .code = 32, .instruction = 56, .entry = 68, .slots = 72};
  layout.code = {.file = 112,
                 .name = 128,
                 .first_line = 72,
                 .line_table = 136,
                 .exception_table = 40,
                 .locals = 76,
                 .stack_size = 68,
                 .instructions = 184};
  layout.object.text_ascii = 48;
  layout.object.text_other = 72;
  return layout;
}

constexpr Layout python_3_12() {
  Layout layout{.minor = 12};
  layout.runtime = {.interpreters = 40};
  layout.interpreter = {.next = 0, .id = 8, .threads = 72, .gil = 384};
  layout.thread = {
      .ident = 136, .native_id = 144, .c_frame = 56, .root_c_frame = 272, .exit_lock_reference = 176};
  layout.c_frame = {.frame = 0, .previous = 8};
  layout.frame = {.previous = 8, .code = 0, .instruction = 56, .entry = 70, .slots = 72};
  layout.code = {.file = 112,
                 .name = 128,
                 .first_line = 68,
                 .line_table = 136,
                 .exception_table = 40,
                 .locals = 72,
                 .stack_size = 64,
                 .instructions = 192};
  return layout;
}

constexpr Layout python_3_13() {
  Layout layout = python_3_12();
  layout.minor = 13;
  layout.runtime = {.interpreters = 632};
  layout.interpreter = {.next = 7264, .id = 7272, .threads = 7344, .gil = 16};
  layout.thread = {.ident = 152, .native_id = 160, .frame = 72};
  layout.c_frame = {};
  layout.code.instructions = 200;
  return layout;
}

constexpr Layout python_3_14() {
  Layout layout = python_3_13();
  layout.minor = 14;
  layout.runtime = {.interpreters = 808};
  layout.interpreter = {.next = 7272, .id = 7280, .threads = 7344, .gil = 16};
  layout.frame.entry = 74;
  layout.frame.slots = 80;
  layout.code.instructions = 208;
  return layout;
}

constexpr std::array kLayouts{python_3_8(),  python_3_9(),  python_3_10(), python_3_11(),
                              python_3_12(), python_3_13(), python_3_14()};
static_assert(kLayouts.front().minor == kFirstMinor && kLayouts.back().minor == kLastMinor);

}  // namespace

const Layout* layout_of(int minor) {
  const auto found = std::ranges::find(kLayouts, minor, &Layout::minor);
  return found == kLayouts.end() ? nullptr : found;
}

}  // namespace kvtool::snapshot::python
