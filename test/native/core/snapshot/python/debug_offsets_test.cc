#include "core/snapshot/python/debug_offsets.h"

#include <gtest/gtest.h>

#include <cstring>

#include "fake_python.h"

namespace kvtool::snapshot::python {
namespace {

constexpr std::uint64_t kTable = 0x5000;

// A table of zeros but for its head.
void put_head(FakeMemory& memory, std::uint64_t version, bool free_threaded) {
  for (std::uint64_t word = 0; word < 100; ++word) memory.put<std::uint64_t>(kTable + 8 * word, 0);
  std::uint64_t cookie = 0;
  std::memcpy(&cookie, "xdebugpy", sizeof cookie);
  memory.put(kTable, cookie);
  memory.put(kTable + 8, version);
  memory.put<std::uint64_t>(kTable + 16, free_threaded ? 1 : 0);
}

TEST(DebugOffsets, TakeThePlaceOfTheTables) {
  FakeMemory memory;
  put_head(memory, 0x030d05f0, false);
  memory.put<std::uint64_t>(kTable + 8 * 5, 640);        // interpreters.head
  memory.put<std::uint64_t>(kTable + 8 * 14, 24);        // ceval.gil
  memory.put<std::uint64_t>(kTable + 8 * (19 + 4), 80);  // current_frame
  memory.put<std::uint64_t>(kTable + 8 * (34 + 5), 68);  // firstlineno
  const auto offsets = read_debug_offsets(memory, kTable);
  ASSERT_TRUE(offsets);
  EXPECT_EQ(offsets->version, 0x030d05f0u);
  EXPECT_FALSE(offsets->free_threaded);
  EXPECT_EQ(offsets->layout.minor, 13);
  EXPECT_EQ(offsets->layout.runtime.interpreters, 640u);
  EXPECT_EQ(offsets->layout.interpreter.gil, 24u);
  EXPECT_EQ(offsets->layout.thread.frame, 80u);
  EXPECT_EQ(offsets->layout.code.stack_size, layout_of(13)->code.stack_size);
}

TEST(DebugOffsets, LongerObjectHeadersMoveWhatTheTableLeavesOut) {
  FakeMemory memory;
  put_head(memory, 0x030e00f0, true);
  memory.put<std::uint64_t>(kTable + 8 * (39 + 5), 68 + 16);
  const auto offsets = read_debug_offsets(memory, kTable);
  ASSERT_TRUE(offsets);
  EXPECT_TRUE(offsets->free_threaded);
  EXPECT_EQ(offsets->layout.code.first_line, 84u);
  EXPECT_EQ(offsets->layout.code.locals, layout_of(14)->code.locals + 16);
}

TEST(DebugOffsets, NothingButSuchATableIsOne) {
  FakeMemory memory;
  EXPECT_FALSE(read_debug_offsets(memory, kTable));
  put_head(memory, 0x030d05f0, false);
  memory.put<std::uint64_t>(kTable + 8 * 5, std::uint64_t{1} << 40);
  EXPECT_FALSE(read_debug_offsets(memory, kTable)) << "no structure is so large";
  put_head(memory, 0x03ff00f0, false);
  EXPECT_FALSE(read_debug_offsets(memory, kTable)) << "of a version from the future";
  put_head(memory, 0x030d05f0, false);
  memory.put(kTable, 'y');
  EXPECT_FALSE(read_debug_offsets(memory, kTable));
}

}  // namespace
}  // namespace kvtool::snapshot::python
