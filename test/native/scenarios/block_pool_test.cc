// The families of the block pool that a second thread shares, in the model and in real threads.
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"
#include "support/scenario_check.h"
#include "support/scenario_real.h"

namespace kvtool::explore {
namespace {

// A data race is the bug itself there, and ThreadSanitizer ends the test for it.
#if defined(__SANITIZE_THREAD__)
constexpr bool kRacesEndTheTest = true;
#else
constexpr bool kRacesEndTheTest = false;
#endif

class BlockPoolScenario : public testing::TestWithParam<const char*> {};

TEST_P(BlockPoolScenario, DoesWhatTheCatalogueSays) { expect_catalogued(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, BlockPoolScenario,
                         testing::Values("lru-pool", "lru-unlocked", "peek-then-claim", "pop-before-detach",
                                         "count-then-pop", "onboard-pinned", "unpin-window",
                                         "claim-after-swap", "evicted-before-send", "staging-reuse",
                                         "two-offloads-one-slot", "dangling-sequence", "lock-asymmetry",
                                         "evict-candidate"),
                         [](const auto& each) {
                           std::string name = each.param;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

// Every invariant that random executions of a variant break: "I2", ...
std::set<std::string> broken_in_model(const char* id, const char* variant) {
  const Scenario& scenario = catalog().at(id);
  const auto program = scenario.find(variant)->model(scenario.resolve({}));
  ExploreOptions options;
  options.steer = options.search = options.minimise = false;
  std::set<std::string> broken;
  for (options.seed = 1; options.seed <= 400; ++options.seed)
    if (const Exploration result = explore(*program, options); result.failure)
      broken.insert(result.failure->message.substr(0, 2));
  return broken;
}

void expect_all(const std::set<std::string>& broken, const std::set<std::string>& wanted) {
  for (const std::string& invariant : wanted) EXPECT_TRUE(broken.contains(invariant)) << invariant;
}

TEST(BlockPoolInvariants, AnUnlockedPoolBreaksOwnershipListsAndContent) {
  expect_all(broken_in_model("lru-unlocked", "buggy"), {"I2", "I3", "I6", "I7"});
}

TEST(BlockPoolInvariants, PeekThenClaimBreaksContentAndOwnership) {
  expect_all(broken_in_model("peek-then-claim", "buggy"), {"I1", "I2", "I3", "I6"});
}

TEST(BlockPoolInvariants, LateDetachBreaksContentAndOwnership) {
  expect_all(broken_in_model("pop-before-detach", "buggy"), {"I1", "I2", "I6"});
}

TEST(BlockPoolInvariants, CountThenPopBreaksNothingButThePromiseOfTheCount) {
  EXPECT_EQ(broken_in_model("count-then-pop", "buggy"), (std::set<std::string>{"I7"}));
}

TEST(BlockPoolInvariants, FreeingWithoutTheLockMakesAllocationsOverlap) {
  expect_all(broken_in_model("lock-asymmetry", "buggy"), {"I6", "I8"});
}

TEST(BlockPoolInvariants, EvictingAnywayBreaksContent) {
  expect_all(broken_in_model("evict-candidate", "buggy"), {"I2", "I3"});
}

// Larger than the default sizes, and several rounds.
TEST(BlockPoolProof, HoldsForMoreBlocksAndRounds) {
  const Scenario& scenario = catalog().at("pop-before-detach");
  for (const char* variant : {"fixed", "refuse-taken"}) {
    SCOPED_TRACE(variant);
    const auto program =
        scenario.find(variant)->model(scenario.resolve({{"primary", 2}, {"secondary", 2}, {"rounds", 3}}));
    ExploreOptions options;
    options.random_executions = 1000;
    const Exploration result = explore(*program, options);
    EXPECT_EQ(result.conclusion, Conclusion::proved)
        << result.explanation << (result.failure ? result.failure->message : "");
  }
}

struct RealCase {
  const char* id;
  const char* variant;
  bool races = false;
};

class BlockPoolForReal : public testing::TestWithParam<RealCase> {};

TEST_P(BlockPoolForReal, Fails) {
  if (GetParam().races && kRacesEndTheTest) GTEST_SKIP() << "a data race is what the variant is about";
  const Scenario& scenario = catalog().at(GetParam().id);
  const Variant* variant = scenario.find(GetParam().variant);
  ASSERT_NE(variant, nullptr);
  const auto program = variant->real(scenario.resolve({}));
  const auto broken = first_broken(*program, 50'000);
  ASSERT_FALSE(broken.empty()) << "nothing broke";
  for (const std::string& text : broken) {
    EXPECT_TRUE(text.starts_with("I")) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Buggy, BlockPoolForReal,
    testing::Values(RealCase{"lru-pool", "buggy"}, RealCase{"lru-unlocked", "buggy", true},
                    RealCase{"lru-unlocked", "expiry-in-place"}, RealCase{"peek-then-claim", "buggy"},
                    RealCase{"peek-then-claim", "pop-atomically"}, RealCase{"pop-before-detach", "buggy"},
                    RealCase{"pop-before-detach", "short-hold"}, RealCase{"count-then-pop", "buggy"},
                    RealCase{"onboard-pinned", "buggy"}, RealCase{"onboard-pinned", "fast-check"},
                    RealCase{"onboard-pinned", "ignored"}, RealCase{"unpin-window", "buggy"},
                    RealCase{"claim-after-swap", "buggy"}, RealCase{"staging-reuse", "buggy"},
                    RealCase{"staging-reuse", "two-buffers"}, RealCase{"lock-asymmetry", "buggy", true}),
    [](const auto& each) {
      std::string name = std::string(each.param.id) + "_" + each.param.variant;
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    });

TEST(BlockPoolForRealFixed, NothingBreaks) {
  for (const auto& [id, scenario] : catalog()) {
    if (!scenario.family.starts_with("C") || scenario.family == "C14") continue;
    for (const Variant& variant : scenario.variants) {
      if (variant.expect.outcome != Outcome::ok || !variant.real) continue;
      const auto program = variant.real(scenario.resolve({}));
      for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const auto broken = run_for_real(*program, seed);
        EXPECT_TRUE(broken.empty()) << id << " " << variant.name << ": " << broken.front();
      }
    }
  }
}

// In the model nothing takes time.
TEST(BlockPoolForRealFixed, ACopyTakesAsLongAsItIsTold) {
  const Scenario& scenario = catalog().at("pop-before-detach");
  // So many blocks that the service's pin cannot keep the scheduler from copying.
  const Parameters sizes = scenario.resolve({{"primary", 2}, {"secondary", 2}, {"copy", 10'000}});
  const auto took = [](auto run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::steady_clock::now() - start;
  };
  const auto real = scenario.find("fixed")->real(sizes);
  EXPECT_GE(took([&] { EXPECT_TRUE(run_for_real(*real, 1).empty()); }), std::chrono::milliseconds(10));
  const auto model = scenario.find("fixed")->model(sizes);
  EXPECT_EQ(explore(*model, {}).conclusion, Conclusion::proved);
}

TEST(BlockPoolForRealFixed, ClaimAfterSwapBreaksEachListTwiceARound) {
  const Scenario& scenario = catalog().at("claim-after-swap");
  const auto program = scenario.find("buggy")->real(scenario.resolve({{"blocks", 4}, {"rounds", 6}}));
  const auto broken = run_for_real(*program, 1);
  EXPECT_EQ(broken.size(), 8U);  // four rounds until no primary block is free
  for (const std::string& text : broken) EXPECT_TRUE(text.starts_with("I5")) << text;
}

}  // namespace
}  // namespace kvtool::explore
