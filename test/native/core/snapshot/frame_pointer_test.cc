#include "core/snapshot/frame_pointer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "fake_memory.h"

namespace kvtool::snapshot {
namespace {

#if defined(__x86_64__)
bool call_ends(std::initializer_list<int> instruction) {
  std::array<std::byte, kCallBytes> bytes{};
  bytes.fill(std::byte{0x90});
  std::size_t at = kCallBytes - instruction.size();
  for (const int byte : instruction) bytes[at++] = static_cast<std::byte>(byte);
  return ends_in_call(bytes);
}

TEST(EndsInCall, KnowsEveryEncoding) {
  EXPECT_TRUE(call_ends({0xE8, 1, 2, 3, 4}));              // call rel32
  EXPECT_TRUE(call_ends({0xFF, 0xD0}));                    // call rax
  EXPECT_TRUE(call_ends({0x41, 0xFF, 0xD4}));              // call r12
  EXPECT_TRUE(call_ends({0xFF, 0x10}));                    // call [rax]
  EXPECT_TRUE(call_ends({0xFF, 0x14, 0x24}));              // call [rsp]
  EXPECT_TRUE(call_ends({0xFF, 0x50, 0x18}));              // call [rax + 24]
  EXPECT_TRUE(call_ends({0xFF, 0x54, 0x24, 0x08}));        // call [rsp + 8]
  EXPECT_TRUE(call_ends({0xFF, 0x15, 1, 2, 3, 4}));        // call [rip + offset], as -fno-plt makes them
  EXPECT_TRUE(call_ends({0xFF, 0x90, 1, 2, 3, 4}));        // call [rax + offset32]
  EXPECT_TRUE(call_ends({0xFF, 0x94, 0x24, 1, 2, 3, 4}));  // call [rsp + offset32]
  EXPECT_TRUE(call_ends({0xFF, 0x14, 0xC5, 1, 2, 3, 4}));  // call [rax * 8 + offset32]
}

TEST(EndsInCall, RefusesOtherInstructions) {
  EXPECT_FALSE(call_ends({0x90}));
  EXPECT_FALSE(call_ends({0xE9, 1, 2, 3, 4}));  // jmp rel32
  EXPECT_FALSE(call_ends({0xFF, 0xE0}));        // jmp rax
  EXPECT_FALSE(call_ends({0xFF, 0xC0}));        // inc eax
  EXPECT_FALSE(call_ends({0xFF, 0x50}));        // cut short
  EXPECT_FALSE(call_ends({0xFF, 0xD0, 0x90}));  // a call, but not at the end
}
#endif

TEST(FramePointerCandidates, ArePairsOfAHigherAddressAndAReturnAddress) {
  FakeMemory memory;
  constexpr std::uint64_t kStack = 0x7000;
  for (std::uint64_t at = kStack; at < kStack + 0x100; at += 8) memory.put<std::uint64_t>(at, 0);
  constexpr std::uint64_t kCode = 0x1234;
  const auto record = [&](std::uint64_t at, std::uint64_t frame, std::uint64_t return_address) {
    memory.put(at, frame);
    memory.put(at + 8, return_address);
  };
  record(kStack + 0x10, kStack + 0x40, kCode);   // good
  record(kStack + 0x20, kStack + 0x08, kCode);   // points down
  record(kStack + 0x30, kStack + 0x41, kCode);   // not aligned
  record(kStack + 0x40, kStack + 0x80, 0x9999);  // no return address
  record(kStack + 0x50, 0x12345678, kCode);      // outside of the stack
  record(kStack + 0x60, kStack + 0x80, kCode);   // good

  StackCopy stack;
  const AddressMap map(parse_maps("7000-7100 rw-p 0 00:00 0 [stack]\n"));
  ASSERT_TRUE(stack.copy(memory, map, kStack));
  const auto is_code = [](std::uint64_t address) { return address == kCode; };
  EXPECT_EQ(frame_pointer_candidates(stack, is_code, 10),
            (std::vector<std::uint64_t>{kStack + 0x10, kStack + 0x60}));
  EXPECT_EQ(frame_pointer_candidates(stack, is_code, 1), (std::vector<std::uint64_t>{kStack + 0x10}));
}

}  // namespace
}  // namespace kvtool::snapshot
