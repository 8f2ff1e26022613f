#include "core/recorder/clock_anchor.h"

#include <gtest/gtest.h>

#include "core/runtime/real_clock.h"

namespace kvtool {
namespace {

TEST(ClockAnchor, CountsFromTheWallTimeOfItsAnchor) {
  const ClockAnchor anchor{.wall_ns = 1'700'000'000'000'000'000u, .monotonic_ns = 500};
  EXPECT_EQ(anchor.timestamp(500), 1'700'000'000'000'000'000u);
  EXPECT_EQ(anchor.timestamp(1'500), 1'700'000'000'000'001'000u);
  EXPECT_EQ(anchor.timestamp(100), 1'699'999'999'999'999'600u);
}

TEST(ClockAnchor, LiesBetweenTheReadingsAroundIt) {
  const std::uint64_t before = RealClock::monotonic_ns();
  const ClockAnchor anchor = ClockAnchor::take<RealClock>();
  EXPECT_GE(anchor.monotonic_ns, before);
  EXPECT_LE(anchor.monotonic_ns, RealClock::monotonic_ns());
}

// Only the third reading is not preempted between its two clock readings.
struct PreemptedClock {
  static inline std::uint64_t now = 1'000;
  static inline int reading = 0;  // reset by the test
  static std::uint64_t monotonic_ns() { return now += 10; }
  static std::uint64_t wall_ns() {
    if (++reading != 3) now += 1'000'000;
    return 7'000 + static_cast<std::uint64_t>(reading);
  }
};

TEST(ClockAnchor, KeepsTheReadingThatWasNotPreempted) {
  PreemptedClock::reading = 0;
  const ClockAnchor anchor = ClockAnchor::take<PreemptedClock>();
  EXPECT_EQ(anchor.wall_ns, 7'003u);
}

}  // namespace
}  // namespace kvtool
