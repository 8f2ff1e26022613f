#include "core/recorder/stamp_ring.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/device/stamp_access.h"

namespace kvtool {
namespace {

constexpr std::size_t kCapacity = 4;

class StampRingTest : public testing::Test {
 protected:
  // What the GPU does with a place.
  static void stamp(const StampRing::Place& place, std::uint64_t time) {
    write_stamp(*place.slot, time, place.sequence);
  }
  // What a kernel does that numbers its stamps itself.
  void stamp_next(std::uint64_t time) {
    write_stamp(slots[stamped % kCapacity], time, stamped + 1);
    ++stamped;
  }
  std::uint64_t read_time() {
    const auto reading = ring.read();
    if (!reading) return 0;
    ring.release();
    return reading->device_ns;
  }

  std::vector<StampSlot> slots = std::vector<StampSlot>(kCapacity, StampSlot{7, 7});
  StampRing ring{slots.data(), kCapacity};
  std::uint64_t stamped = 0;
};

TEST_F(StampRingTest, IsEmptyWhateverTheMemoryHeld) {
  EXPECT_FALSE(ring.read());
  EXPECT_EQ(ring.in_use(), 0u);
}

TEST_F(StampRingTest, ReadsStampsInTheOrderOfTheirClaims) {
  const auto first = ring.claim(), second = ring.claim();
  stamp(*second, 20);
  EXPECT_FALSE(ring.read()) << "the first was not made yet";
  stamp(*first, 10);
  EXPECT_EQ(read_time(), 10u);
  EXPECT_EQ(read_time(), 20u);
  EXPECT_FALSE(ring.read());
}

TEST_F(StampRingTest, KeepsAPlaceUntilItIsReleased) {
  std::vector<StampRing::Place> places;
  for (std::size_t i = 0; i < kCapacity; ++i) places.push_back(*ring.claim());
  EXPECT_FALSE(ring.claim());
  EXPECT_EQ(ring.refused(), 1u);
  stamp(places[0], 10);
  ASSERT_TRUE(ring.read());
  EXPECT_FALSE(ring.claim()) << "read, but its event was not taken yet";
  ring.release();
  const auto again = ring.claim();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->slot, places[0].slot);
  EXPECT_EQ(again->sequence, kCapacity + 1);
}

TEST_F(StampRingTest, PassesOverACancelledPlaceInItsTurn) {
  const auto first = ring.claim(), second = ring.claim(), third = ring.claim();
  StampRing::cancel(*second);
  stamp(*third, 30);
  EXPECT_FALSE(ring.read());
  stamp(*first, 10);
  EXPECT_EQ(read_time(), 10u);
  ASSERT_TRUE(ring.read());
  EXPECT_EQ(ring.read()->device_ns, 0u) << "cancelled";
  ring.release();
  EXPECT_EQ(read_time(), 30u);
}

TEST_F(StampRingTest, GoesRoundManyTimes) {
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    stamp(*ring.claim(), i);
    EXPECT_EQ(read_time(), i);
  }
}

TEST_F(StampRingTest, CountsWhatTheGpuOverwroteBeforeItWasRead) {
  for (std::uint64_t time = 1; time <= 11; ++time) stamp_next(time);
  for (std::uint64_t time = 8; time <= 11; ++time) EXPECT_EQ(read_time(), time);
  EXPECT_EQ(ring.overwritten(), 7u);
  EXPECT_FALSE(ring.read());
  stamp_next(12);
  EXPECT_EQ(read_time(), 12u);
  EXPECT_EQ(ring.overwritten(), 7u);
}

// Read + overwritten is what was stamped, while both sides run.
TEST_F(StampRingTest, LosesNoStampUncounted) {
  constexpr std::uint64_t kStamps = 200'000;
  std::thread gpu([this] {
    for (std::uint64_t time = 1; time <= kStamps; ++time) stamp_next(time);
  });
  std::uint64_t read = 0, last = 0;
  while (last < kStamps) {
    const std::uint64_t time = read_time();
    if (time == 0) continue;
    EXPECT_GT(time, last);
    last = time;
    ++read;
  }
  gpu.join();
  EXPECT_EQ(read + ring.overwritten(), kStamps);
}

}  // namespace
}  // namespace kvtool
