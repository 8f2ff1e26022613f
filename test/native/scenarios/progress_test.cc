// The families of progress across ranks and processes (F) against their entries in the catalogue, and in real
// threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/real_actors.h"
#include "support/scenario_check.h"
#include "support/scenario_real.h"

namespace kvtool::explore {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kRacesEndTheTest = true;
#else
constexpr bool kRacesEndTheTest = false;
#endif

TEST(ProgressScenarios, ConditionalCollective) { expect_catalogued("conditional-collective"); }
TEST(ProgressScenarios, LostWakeup) { expect_catalogued("lost-wakeup"); }
TEST(ProgressScenarios, FirstErrorFrees) { expect_catalogued("first-error-frees"); }
TEST(ProgressScenarios, TwoCompletions) { expect_catalogued("two-completions"); }
TEST(ProgressScenarios, UnboundedGet) { expect_catalogued("unbounded-get"); }
TEST(ProgressScenarios, HopelessWait) { expect_catalogued("hopeless-wait"); }
TEST(ProgressScenarios, SharedLockWrites) { expect_catalogued("shared-lock-writes"); }
TEST(ProgressScenarios, PeerDoubleAdd) { expect_catalogued("peer-double-add"); }

// A load that needs more than there is waits for itself; of loads that fit together nobody waits in vain.
TEST(ProgressScenarios, HopelessWaitDependsOnWhatIsAskedFor) {
  const Scenario& scenario = catalog().at("hopeless-wait");
  const auto outcome = [&](const char* variant, const Parameters& sizes) {
    const Exploration result = explore(*scenario.find(variant)->model(scenario.resolve(sizes)), {});
    return result.failure ? result.failure->outcome : Outcome::ok;
  };
  const Parameters alone_and_too_large = {{"loads", 1}, {"chunks", 2}, {"batch", 3}};
  EXPECT_EQ(outcome("buggy", alone_and_too_large), Outcome::livelock);
  EXPECT_EQ(outcome("asleep", alone_and_too_large), Outcome::deadlock);
  EXPECT_EQ(outcome("fixed", alone_and_too_large), Outcome::ok);
  const Parameters enough_for_both = {{"loads", 2}, {"chunks", 3}, {"batch", 2}};
  EXPECT_EQ(outcome("buggy", enough_for_both), Outcome::ok);
  EXPECT_EQ(outcome("fixed", enough_for_both), Outcome::ok);
}

struct RealCase {
  const char* id;
  const char* variant;
  Parameters sizes = {};
  bool races = false;
};
std::string name_of(const testing::TestParamInfo<RealCase>& each) {
  std::string name = std::string(each.param.id) + "_" + each.param.variant;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const Variant& find(const RealCase& which) { return *catalog().at(which.id).find(which.variant); }
std::unique_ptr<Program> real_program(const RealCase& which) {
  return find(which).real(catalog().at(which.id).resolve(which.sizes));
}

class ProgressForReal : public testing::TestWithParam<RealCase> {};
TEST_P(ProgressForReal, Breaks) {
  if (GetParam().races && kRacesEndTheTest) GTEST_SKIP() << "a data race is what the variant is about";
  const auto broken = first_broken(*real_program(GetParam()), 50'000);
  ASSERT_FALSE(broken.empty()) << "nothing broke";
  for (const std::string& text : broken) {
    EXPECT_TRUE(text.starts_with(find(GetParam()).expect.message)) << text;
  }
}
INSTANTIATE_TEST_SUITE_P(Buggy, ProgressForReal,
                         testing::Values(RealCase{"first-error-frees", "buggy"},
                                         RealCase{"first-error-frees", "asks-to-stop"},
                                         RealCase{"two-completions", "buggy"},
                                         RealCase{"two-completions", "ignored"},
                                         RealCase{"shared-lock-writes", "buggy", {}, true},
                                         RealCase{"shared-lock-writes", "no-lock", {}, true},
                                         RealCase{"shared-lock-writes", "atomic-status"}),
                         name_of);

// In a child process: they never come back.
class ProgressForRealHangs : public testing::TestWithParam<RealCase> {};
TEST_P(ProgressForRealHangs, ForEver) {
  const RealRunResult result = run_for_real([] { return real_program(GetParam()); },
                                            {.rounds = 10'000'000, .hung_after = std::chrono::seconds(1)});
  EXPECT_EQ(result.end, RealRunResult::End::hung) << "after " << result.rounds << " rounds";
}
const Parameters kManyLoads = {{"loads", 8}, {"chunks", 8}, {"batch", 8}};
INSTANTIATE_TEST_SUITE_P(Buggy, ProgressForRealHangs,
                         testing::Values(RealCase{"unbounded-get", "buggy"},
                                         RealCase{"hopeless-wait", "buggy", kManyLoads},
                                         RealCase{"hopeless-wait", "asleep", kManyLoads}),
                         name_of);

// Ranks in different collectives go on with each other's or wait for ever.
TEST(ProgressForRealPoll, UnboundedGetWithAPollOfItsOwn) {
  const RealRunResult result = run_for_real(
      [] {
        return real_program({"unbounded-get", "own-poll", {{"ranks", 4}}});
      },
      {.rounds = 10'000'000, .hung_after = std::chrono::seconds(1)});
  if (result.end == RealRunResult::End::hung) return;
  EXPECT_EQ(result.end, RealRunResult::End::broken);
  EXPECT_EQ(result.broken, std::vector<std::string>{"every rank is in the same collective"});
}

TEST(ProgressForRealFixed, NothingBreaks) {
  for (const auto& [id, scenario] : catalog()) {
    if (!scenario.family.starts_with("F")) continue;
    for (const Variant& variant : scenario.variants) {
      if (variant.expect.outcome != Outcome::ok || !variant.real) continue;
      const RealRunResult result = run_for_real([&] { return variant.real(scenario.resolve({})); },
                                                {.rounds = 100, .hung_after = std::chrono::seconds(30)});
      EXPECT_EQ(result.end, RealRunResult::End::done) << id << " " << variant.name;
      EXPECT_TRUE(result.broken.empty()) << id << " " << variant.name << ": " << result.broken.front();
    }
  }
}

}  // namespace
}  // namespace kvtool::explore
