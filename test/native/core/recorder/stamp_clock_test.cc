#include "core/recorder/stamp_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace kvtool {
namespace {

// A device whose clock began elsewhere, runs fast by `drift` and shows steps of `tick` ns.
struct FakeClocks {
  double drift = 0;
  std::uint64_t tick = 1;
  std::uint64_t jump = 0;  // added from now on: somebody set the clock
  std::uint64_t host = 5'000'000'000;
  std::mt19937_64 random{1};

  std::uint64_t device_at(std::uint64_t host_ns) const {
    const double since = static_cast<double>(host_ns) - 5e9;
    const auto exact =
        1'763'698'636'000'000'000 + jump + static_cast<std::uint64_t>(std::llround(since * (1 + drift)));
    return exact - exact % tick;
  }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
  }
  // Launches take 3 to 9 µs, now and then a millisecond, and the stamp is anywhere in between.
  std::vector<ClockBracket> burst(std::size_t count = 64) {
    std::vector<ClockBracket> brackets;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t width = i % 16 == 7 ? 1'000'000 : between(3000, 9000);
      const std::uint64_t before = host, stamped = between(before, before + width);
      host = before + width;
      brackets.push_back({before, device_at(stamped), host});
      host += 200;
    }
    return brackets;
  }
  void pass(std::uint64_t ns) { host += ns; }
};

std::int64_t error_at(const FakeClocks& clocks, const StampClock& clock, std::uint64_t host_ns) {
  return static_cast<std::int64_t>(clock.to_host(clocks.device_at(host_ns)).monotonic_ns - host_ns);
}

std::uint64_t stated_at(const FakeClocks& clocks, const StampClock& clock, std::uint64_t host_ns) {
  return clock.to_host(clocks.device_at(host_ns)).error_ns;
}

TEST(StampClock, TellsADeviceTimeWithinTheErrorThatItStates) {
  FakeClocks clocks;
  StampClock clock;
  EXPECT_FALSE(clock.calibrated());
  const auto error = clock.calibrate(clocks.burst());
  ASSERT_TRUE(error);
  EXPECT_LT(*error, 1500u) << "no more than half of the tightest bracket";
  EXPECT_LE(std::abs(error_at(clocks, clock, clocks.host)), static_cast<std::int64_t>(*error) + 1);
}

TEST(StampClock, TheStatedErrorGrowsWithTheTimeSinceTheLastComparison) {
  FakeClocks clocks;
  StampClock clock;
  ASSERT_TRUE(clock.calibrate(clocks.burst()));
  const std::uint64_t now = stated_at(clocks, clock, clocks.host);
  EXPECT_NEAR(static_cast<double>(stated_at(clocks, clock, clocks.host + 1'000'000'000) - now), 500e3, 1e3)
      << "500 ppm of a second, before the drift is known";
}

TEST(StampClock, LearnsTheDriftAndStaysWithinTheStatedErrorBetweenComparisons) {
  FakeClocks clocks{.drift = 40e-6, .tick = 32};
  StampClock clock;
  for (int second = 0; second < 30; ++second) {
    ASSERT_TRUE(clock.calibrate(clocks.burst()));
    for (int part = 0; part < 10; ++part) {
      clocks.pass(100'000'000);
      EXPECT_LE(std::abs(error_at(clocks, clock, clocks.host)),
                static_cast<std::int64_t>(stated_at(clocks, clock, clocks.host)));
    }
    if (second > 2) {
      EXPECT_LT(stated_at(clocks, clock, clocks.host), 10'000u) << "40 µs without the drift";
    }
  }
  EXPECT_EQ(clock.tick_ns(), 32u);
  EXPECT_EQ(clock.calibrations(), 30u);
}

TEST(StampClock, AClockThatWasSetIsTakenAsItIs) {
  FakeClocks clocks;
  StampClock clock;
  ASSERT_TRUE(clock.calibrate(clocks.burst()));
  clocks.pass(1'000'000'000);
  ASSERT_TRUE(clock.calibrate(clocks.burst()));
  clocks.pass(1'000'000'000);
  clocks.jump = 3'000'000'000;
  ASSERT_TRUE(clock.calibrate(clocks.burst()));
  EXPECT_LE(std::abs(error_at(clocks, clock, clocks.host)),
            static_cast<std::int64_t>(stated_at(clocks, clock, clocks.host)));
  EXPECT_GT(stated_at(clocks, clock, clocks.host + 1'000'000'000), 400'000u) << "the drift is unknown again";
}

TEST(StampClock, RefusesBracketsThatTurnBack) {
  StampClock clock;
  EXPECT_FALSE(clock.calibrate({}));
  const std::vector<ClockBracket> inverted{{200, 1000, 100}};
  EXPECT_FALSE(clock.calibrate(inverted));
  const std::vector<ClockBracket> backwards{{100, 1000, 200}, {300, 900, 400}};
  EXPECT_FALSE(clock.calibrate(backwards));
  EXPECT_FALSE(clock.calibrated());
}

}  // namespace
}  // namespace kvtool
