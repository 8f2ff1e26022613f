#include "core/explorer/explorer.h"

#include <gtest/gtest.h>

#include "core/explorer/programs.h"

namespace kvtool::explore::test {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSeeds = 5;  // a switch of fibers costs the sanitizer a thousand times as much
#else
constexpr std::uint64_t kSeeds = 200;
#endif

TEST(Explore, SteersIntoEveryLockCycleAtTheSecondExecution) {
  for (const unsigned threads : {2U, 3U, 6U})
    for (const unsigned padding : {0U, 10U, 50U})
      for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(threads, false, false, padding);
        ExploreOptions options;
        options.seed = seed;
        options.minimise = false;
        const Exploration result = explore(ring, options);
        ASSERT_EQ(result.conclusion, Conclusion::failed);
        ASSERT_EQ(result.failure->outcome, Outcome::deadlock);
        ASSERT_LE(result.failure->executions, 2U) << threads << " threads, seed " << seed;
        ASSERT_EQ(result.predictions.front().status, Prediction::Status::confirmed);
      }
}

TEST(Explore, PredictsTheGatedCycleAndProvesItImpossible) {
  for (const unsigned threads : {2U, 3U, 4U}) {
    ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(threads, false, true, 0);
    const Exploration result = explore(ring, {});
    EXPECT_EQ(result.conclusion, Conclusion::proved);
    ASSERT_EQ(result.predictions.size(), 1U);
    EXPECT_EQ(result.predictions.front().status, Prediction::Status::impossible);
    EXPECT_EQ(result.predictions.front().reason, "every participant holds gate meanwhile");
  }
}

// Without a search nothing is proved: the prediction stays what it is, with its reason.
TEST(Explore, LeavesAPredictionOpenThatItCouldNotReach) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(2, false, true, 0);
  ExploreOptions options;
  options.search = false;
  options.random_executions = 100;
  const Exploration result = explore(ring, options);
  EXPECT_EQ(result.conclusion, Conclusion::not_found);
  ASSERT_EQ(result.predictions.size(), 1U);
  EXPECT_EQ(result.predictions.front().status, Prediction::Status::potential);
  EXPECT_EQ(result.predictions.front().reason, "every participant holds gate meanwhile");
}

// The two threads take the locks in opposite orders, one after the other has been joined.
struct OneAfterTheOther {
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    {
      Rt::thread first("first", [this] {
        const std::lock_guard outer(a);
        const std::lock_guard inner(b);
      });
    }
    Rt::thread second("second", [this] {
      const std::lock_guard outer(b);
      const std::lock_guard inner(a);
    });
  }
  Rt::mutex a{"A"}, b{"B"};
};

TEST(Explore, KnowsThatJoinedThreadsNeverMeet) {
  ProgramOf<OneAfterTheOther> program;
  const Exploration result = explore(program, {});
  EXPECT_EQ(result.conclusion, Conclusion::proved);
  ASSERT_EQ(result.predictions.size(), 1U);
  EXPECT_NE(result.predictions.front().reason.find("afterwards"), std::string::npos)
      << result.predictions.front().reason;
}

TEST(Explore, FindsTheViolationBlindly) {
  for (std::uint64_t seed = 0; seed < kSeeds / 4 + 1; ++seed) {
    ProgramOf<Claim, unsigned, bool> claim(3, false);
    ExploreOptions options;
    options.seed = seed;
    options.search = false;
    const Exploration result = explore(claim, options);
    ASSERT_EQ(result.conclusion, Conclusion::failed) << seed;
    EXPECT_EQ(result.failure->outcome, Outcome::violation);
    EXPECT_EQ(result.failure->message, "a block has one owner");
  }
}

TEST(Explore, ProvesTheFixedProtocol) {
  ProgramOf<Claim, unsigned, bool> claim(3, true);
  const Exploration result = explore(claim, {});
  EXPECT_EQ(result.conclusion, Conclusion::proved);
  EXPECT_FALSE(result.proved_by.empty());
  EXPECT_NE(result.explanation.find("memory model sc, 3 actors"), std::string::npos) << result.explanation;
}

TEST(Replay, GivesTheSameFailureEveryTime) {
  unsigned replays = 0;
  for (std::uint64_t seed = 0; seed < 2 * kSeeds; ++seed) {
    ProgramOf<Claim, unsigned, bool> claim(3, false);
    ExploreOptions options;
    options.seed = seed;
    options.search = false;
    options.steer = false;
    const Exploration result = explore(claim, options);
    ASSERT_TRUE(result.failure);
    for (const Schedule* schedule : {&result.failure->found, &result.failure->schedule}) {
      World world;
      const Replayed replayed = replay(claim, *schedule, world);
      ASSERT_EQ(replayed.outcome, Outcome::violation);
      ASSERT_TRUE(replayed.followed);
      ASSERT_EQ(Schedule::of(world), *schedule);
      ++replays;
    }
  }
  EXPECT_EQ(replays, 4 * kSeeds);
}

TEST(Minimise, LeavesOnlyTheSwitchesThatMatter) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(3, false, false, 50);
  ExploreOptions options;
  options.steer = false;
  options.search = false;
  options.seed = 7;
  const Exploration result = explore(ring, options);
  ASSERT_TRUE(result.failure);
  EXPECT_GT(result.failure->found.points.size(), 20U);
  EXPECT_EQ(result.failure->schedule.points.size(), 3U);  // each thread once
}

// The state outlives the execution, so the second run is not the first.
struct Remembers {
  static constexpr unsigned kActors = 2;
  inline static int runs = 0;
  void run(unsigned actor) {
    if (actor == 0) ++runs;
    const std::lock_guard guard(runs % 2 == 0 ? a : b);
  }
  Rt::mutex a{"A"}, b{"B"};
};

TEST(Explore, NamesNondeterminism) {
  ProgramOf<Remembers> program;
  const Exploration result = explore(program, {});
  EXPECT_EQ(result.conclusion, Conclusion::nondeterministic);
  EXPECT_NE(result.explanation.find("differs at step"), std::string::npos) << result.explanation;
}

struct NeverEnds {
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    for (;;) Rt::yield();
  }
};

TEST(Explore, SaysThatTheBoundIsTooSmall) {
  ProgramOf<NeverEnds> program;
  ExploreOptions options;
  options.limits.steps = 100;
  const Exploration result = explore(program, options);
  EXPECT_EQ(result.conclusion, Conclusion::bound);
  EXPECT_NE(result.explanation.find("within 100 steps; the last were of T0"), std::string::npos)
      << result.explanation;
}

TEST(Explore, StopsWhenItIsTold) {
  ProgramOf<Claim, unsigned, bool> claim(5, true);
  ExploreOptions options;
  options.random_executions = 100'000'000;
  options.search = false;
  unsigned asked = 0;
  options.progress = [&](const Phase& phase) {
    EXPECT_EQ(phase.name, "random portfolio");
    return ++asked < 2;
  };
  const Exploration result = explore(claim, options);
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(result.conclusion, Conclusion::not_found);
  EXPECT_NE(result.explanation.find("stopped"), std::string::npos);
}

TEST(RandomExecutions, AreTheSameWhereverTheRangeBegins) {
  ProgramOf<Claim, unsigned, bool> claim(2, false);
  ExploreOptions options;
  const RandomResult whole = random_executions(claim, options, 0, 10'000);
  ASSERT_TRUE(whole.failure);
  const RandomResult from_there = random_executions(claim, options, whole.failing_index, 1);
  ASSERT_TRUE(from_there.failure);
  EXPECT_EQ(from_there.failure->found, whole.failure->found);
}

}  // namespace
}  // namespace kvtool::explore::test
