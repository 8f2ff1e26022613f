#include "core/snapshot/stack_copy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "fake_memory.h"

namespace kvtool::snapshot {
namespace {

TEST(StackCopy, EndsWithItsMapping) {
  FakeMemory memory;
  for (std::uint64_t at = 0x1000; at < 0x1040; at += 8) memory.put(at, at);
  const AddressMap map(parse_maps("1000-1030 rw-p 0 00:00 0 [stack]\n"));
  StackCopy stack;
  ASSERT_TRUE(stack.copy(memory, map, 0x1014));
  EXPECT_EQ(stack.start(), 0x1010u);
  EXPECT_EQ(stack.end(), 0x1030u);
  EXPECT_FALSE(stack.cut());
  EXPECT_EQ(stack.word(0x1010), 0x1010u);
  EXPECT_EQ(stack.word(0x1028), 0x1028u);
  EXPECT_FALSE(stack.word(0x1008));
  EXPECT_FALSE(stack.word(0x102c));
  EXPECT_FALSE(stack.word(0xffffffffffffffffu));
}

TEST(StackCopy, TakesWhatIsReadableWhenTheMappingIsUnknown) {
  FakeMemory memory;
  memory.put<std::uint64_t>(0x1000, 7);
  StackCopy stack;
  ASSERT_TRUE(stack.copy(memory, AddressMap({}), 0x1000));
  EXPECT_EQ(stack.end(), 0x1008u);
  EXPECT_FALSE(stack.copy(memory, AddressMap({}), 0x2000));
  EXPECT_FALSE(stack.word(0x1000)) << "a failed copy must not show the one before";
}

TEST(StackCopy, IsCutAtTheLimit) {
  // Our own memory stands for a stack without an end.
  const std::vector<std::byte> big(3 * kStackLimit);
  const ProcessMemory memory(getpid());
  const auto start = reinterpret_cast<std::uint64_t>(big.data());
  const AddressMap map({Mapping{.start = start & ~0xfffull, .end = start + big.size(), .readable = true}});
  StackCopy stack;
  ASSERT_TRUE(stack.copy(memory, map, start));
  EXPECT_EQ(stack.end() - stack.start(), kStackLimit);
  EXPECT_TRUE(stack.cut());
}

}  // namespace
}  // namespace kvtool::snapshot
