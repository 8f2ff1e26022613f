// The runtime's lock against the driver (families A1 to A9), in the model.
#include <gtest/gtest.h>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"
#include "core/explorer/predict.h"
#include "core/explorer/strategies.h"
#include "support/scenario_check.h"

namespace kvtool::explore {
namespace {

TEST(GilFamilies, CallbackOnAStreamAgainstTheDriver) { expect_catalogued("gil-hostfunc"); }
TEST(GilFamilies, WidenedLock) { expect_catalogued("gil-widened-lock"); }
TEST(GilFamilies, OneCallsiteLeft) { expect_catalogued("one-callsite-left"); }
TEST(GilFamilies, LaunchUnderGil) { expect_catalogued("launch-under-gil"); }
TEST(GilFamilies, DestructorSyncs) { expect_catalogued("destructor-syncs"); }
TEST(GilFamilies, UnmapWaitsForever) { expect_catalogued("unmap-waits-forever"); }
TEST(GilFamilies, MutexThenGil) { expect_catalogued("mutex-then-gil"); }
TEST(GilFamilies, WaitUnderGil) { expect_catalogued("wait-under-gil"); }
TEST(GilFamilies, CallableLifetime) { expect_catalogued("callable-lifetime"); }
TEST(GilFamilies, DriverCallsBack) { expect_catalogued("gil-driver-inversion"); }

std::unique_ptr<Program> model_of(const char* id, const char* variant, const Parameters& given = {}) {
  const Scenario& scenario = catalog().find(id)->second;
  return scenario.find(variant)->model(scenario.resolve(given));
}

// Each blocking call of the launcher, against the entrant that meets it.
TEST(GilFamilies, EveryCallThatKeepsALockWhileItWaitsDeadlocks) {
  for (const int call : {0, 1, 2, 3}) {
    const bool holds_a_lock = call != 3;
    const auto buggy = model_of("gil-hostfunc", "buggy", {{"blocking-call", call}});
    EXPECT_EQ(explore(*buggy, {}).conclusion, holds_a_lock ? Conclusion::failed : Conclusion::proved)
        << "blocking-call " << call;
    const auto fixed = model_of("gil-hostfunc", "fixed", {{"blocking-call", call}});
    EXPECT_EQ(explore(*fixed, {}).conclusion, Conclusion::proved) << "blocking-call " << call;
  }
}

TEST(GilFamilies, OnHipTheNumberOfEventsAndCallbacksDecides) {
  for (const int events : {0, 1, 2})
    for (const int callbacks : {0, 1, 2}) {
      const auto buggy =
          model_of("destructor-syncs", "buggy", {{"events", events}, {"callbacks", callbacks}});
      const bool deadlocks = events > 0 && callbacks > 0;
      EXPECT_EQ(explore(*buggy, {}).conclusion, deadlocks ? Conclusion::failed : Conclusion::proved)
          << events << " events, " << callbacks << " callbacks";
    }
}

// From an execution that went well to the deadlock of three, through "the device is idle".
TEST(GilFamilies, ThePartiesOfTheCycleAreDrivenThereAtTheFirstAttempt) {
  const auto program = model_of("gil-hostfunc", "buggy");
  unsigned went_well = 0, predicted = 0, confirmed = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world;
    RandomWalk walk;
    walk.reseed(split_mix(seed));
    Observer observer(walk);
    if (world.run(*program, observer) != Outcome::ok) continue;
    ++went_well;
    const auto cycles = observer.cycles(world, 64);
    if (cycles.empty()) continue;
    ++predicted;
    EXPECT_EQ(cycles.front().edges.size(), 3u) << cycles.front().text;
    Steer steer;
    steer.aim(cycles.front(), 0);
    steer.reseed(seed);
    if (world.run(*program, steer) == Outcome::deadlock) ++confirmed;
  }
  EXPECT_GT(went_well, 50u);
  EXPECT_EQ(predicted, went_well);
  EXPECT_EQ(confirmed, predicted);
}

TEST(GilFamilies, ACycleThatTheWidenedLockForbidsIsPredictedAndProvedImpossible) {
  const auto program = model_of("gil-widened-lock", "closed-world");
  const Exploration result = explore(*program, {});
  ASSERT_EQ(result.conclusion, Conclusion::proved);
  ASSERT_FALSE(result.predictions.empty());
  for (const Prediction& prediction : result.predictions)
    EXPECT_EQ(prediction.status, Prediction::Status::impossible) << prediction.text;
}

// A device's step touches several objects: partial orders over the announced one would miss some.
TEST(GilFamilies, AProgramWithADeviceIsProvedByStates) {
  const auto program = model_of("gil-hostfunc", "fixed");
  EXPECT_EQ(explore(*program, {}).proved_by, "cached search");
}

TEST(GilFamilies, AFailureReplaysFromItsSchedule) {
  for (const char* id : {"gil-hostfunc", "gil-widened-lock", "callable-lifetime", "unmap-waits-forever"}) {
    const auto program = model_of(id, catalog().find(id)->second.variants.front().name.c_str());
    const Exploration result = explore(*program, {});
    ASSERT_TRUE(result.failure) << id;
    for (const Schedule& schedule : {result.failure->schedule, result.failure->found}) {
      World world;
      const Replayed again = replay(*program, schedule, world);
      EXPECT_EQ(again.outcome, result.failure->outcome) << id;
      EXPECT_TRUE(again.followed) << id;
      EXPECT_EQ(world.message(), result.failure->message) << id;
    }
  }
}

}  // namespace
}  // namespace kvtool::explore
