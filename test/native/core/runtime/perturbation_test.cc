#include "core/runtime/perturbation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "../../support/allocation_count.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

std::vector<Delay> decisions(std::uint64_t seed, std::string_view thread) {
  DelaySequence sequence(seed, thread_key(thread));
  std::vector<Delay> taken;
  for (int i = 0; i < 100; ++i) taken.push_back(sequence.next("bus:publish"));
  return taken;
}

TEST(DelaySequence, IsTheSameForTheSameSeedThreadAndPoints) {
  EXPECT_EQ(decisions(1, "launcher"), decisions(1, "launcher"));
}

TEST(DelaySequence, DiffersBySeedByThreadAndByPoint) {
  EXPECT_NE(decisions(1, "launcher"), decisions(2, "launcher"));
  EXPECT_NE(decisions(1, "launcher"), decisions(1, "drainer"));
  DelaySequence sequence(1, thread_key("launcher"));
  std::vector<Delay> elsewhere;
  for (int i = 0; i < 100; ++i) elsewhere.push_back(sequence.next("bus:dispatch"));
  EXPECT_NE(decisions(1, "launcher"), elsewhere);
}

TEST(DelaySequence, MixesAllThreeKindsAndSpinsBriefly) {
  const std::vector<Delay> taken = decisions(7, "launcher");
  const auto count = [&](Delay::Kind kind) {
    return std::count_if(taken.begin(), taken.end(), [&](const Delay& delay) { return delay.kind == kind; });
  };
  EXPECT_GT(count(Delay::Kind::none), 25);
  EXPECT_GT(count(Delay::Kind::yield), 10);
  EXPECT_GT(count(Delay::Kind::spin), 10);
  for (const Delay& delay : taken) EXPECT_LT(delay.spin_ns, 2'000u);
}

TEST(Perturbation, IsOffUntilEnabled) {
  EXPECT_FALSE(Perturbation::enabled());
  RealRuntime::perturb("nothing happens");
  Perturbation::enable(1);
  EXPECT_TRUE(Perturbation::enabled());
  Perturbation::disable();
  EXPECT_FALSE(Perturbation::enabled());
}

TEST(Perturbation, AllocatesNothingAtAPoint) {
  Perturbation::enable(1);
  {
    const AllocationCount count;
    for (int i = 0; i < 100; ++i) RealRuntime::perturb("host function");
    EXPECT_EQ(count.allocated(), 0u);
  }
  Perturbation::disable();
}

}  // namespace
}  // namespace kvtool
