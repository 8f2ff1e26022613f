#include "core/device/stamp_slot.h"

#include <gtest/gtest.h>

#include "core/device/stamp_access.h"

namespace kvtool {
namespace {

TEST(StampSlot, GivesBackWhatWasStamped) {
  StampSlot slot{};
  EXPECT_EQ(read_stamp(slot).sequence, 0u) << "nothing was stamped";
  for (const std::uint64_t sequence : {1ull, 2ull, 1024ull, 1ull << 40, ~0ull}) {
    write_stamp(slot, 1'763'698'636'123'456'789, sequence);
    EXPECT_EQ(read_stamp(slot).sequence, sequence);
    EXPECT_EQ(read_stamp(slot).time, 1'763'698'636'123'456'789u);
  }
}

// The two words of a store may become visible one by one, in either order.
TEST(StampSlot, AMixOfTwoStampsIsNoStampThatAnybodyExpects) {
  constexpr std::uint64_t kRing = 1024;
  constexpr std::uint64_t kBegin = 1'763'698'636'000'000'000;
  for (std::uint64_t sequence = kRing + 1; sequence < kRing + 2000; ++sequence) {
    const std::uint64_t old_time = kBegin + sequence * 3200, new_time = old_time + kRing * 3200;
    const std::uint64_t old_check = stamp_check(old_time, sequence - kRing);
    const std::uint64_t new_check = stamp_check(new_time, sequence);
    for (const std::uint64_t mixed :
         {stamp_sequence(new_time, old_check), stamp_sequence(old_time, new_check)}) {
      EXPECT_GT(mixed - sequence, std::uint64_t{1} << 32) << "neither this stamp nor one soon after it";
      EXPECT_NE(mixed, sequence - kRing);
    }
  }
}

}  // namespace
}  // namespace kvtool
