#include "core/explorer/search.h"

#include <gtest/gtest.h>

#include <map>

#include "core/explorer/programs.h"
#include "core/explorer/strategies.h"

namespace kvtool::explore::test {
namespace {

struct Tally {
  std::uint64_t executions = 0;
  std::map<Outcome, std::uint64_t> by;
};

Tally exhaust(Program& program, Search& search, bool hashed, MemoryModel model) {
  World world(model);
  world.set_hashed(hashed);
  Tally tally;
  do {
    ++tally.by[world.run(program, search)];
    ++tally.executions;
  } while (search.next(world));
  return tally;
}

Tally dpor(Program& program, MemoryModel model = MemoryModel::sc) {
  DporSearch search;
  return exhaust(program, search, false, model);
}

Tally cached(Program& program, MemoryModel model = MemoryModel::sc) {
  CachedSearch search;
  return exhaust(program, search, true, model);
}

// The numbers of Mazurkiewicz traces, which GenMC 0.10.3 counts as well.
TEST(Dpor, RunsOneExecutionForEachClass) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> two(2, true, false, 0), three(3, true, false, 0);
  EXPECT_EQ(dpor(two).executions, 2U);
  EXPECT_EQ(dpor(three).executions, 6U);
#if defined(__SANITIZE_THREAD__)
  const std::map<unsigned, std::uint64_t> claims = {{2, 6}, {3, 90}};  // see the tests of random programs
  const std::map<unsigned, std::uint64_t> inversions = {{2, 225}};
#else
  const std::map<unsigned, std::uint64_t> claims = {{2, 6}, {3, 90}, {4, 2520}};
  const std::map<unsigned, std::uint64_t> inversions = {{2, 225}, {3, 7056}};
#endif
  for (const auto& [threads, classes] : claims) {
    ProgramOf<Claim, unsigned, bool> claim(threads, true);
    EXPECT_EQ(dpor(claim).executions, classes) << threads << " threads";
  }
  for (const auto& [rounds, classes] : inversions) {
    ProgramOf<Inversion, unsigned, unsigned, bool> inversion(3, rounds, false);
    EXPECT_EQ(dpor(inversion).executions, classes) << rounds << " rounds";
  }
}

TEST(Dpor, CountsTheRingsCompleteExecutionsUnderScAndTso) {
  const struct {
    unsigned readers, slots, messages;
    std::uint64_t complete;
  } sizes[] = {{1, 1, 2, 2}, {1, 2, 3, 4}, {2, 2, 3, 16}};
  for (const auto& size : sizes)
    for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso}) {
      ProgramOf<FlagRing, unsigned, unsigned, unsigned> ring(size.readers, size.slots, size.messages);
      const Tally tally = dpor(ring, model);
      EXPECT_EQ(tally.by.at(Outcome::ok), size.complete) << size.readers << to_string(model);
      EXPECT_EQ(tally.by.count(Outcome::violation), 0U);
      EXPECT_EQ(tally.by.count(Outcome::livelock), 0U);
    }
}

TEST(Searches, FindTheLockCycle) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(3, false, false, 0);
  EXPECT_EQ(dpor(ring).by.at(Outcome::deadlock), 1U);
  EXPECT_GT(cached(ring).by.at(Outcome::deadlock), 0U);
}

TEST(Searches, FindThatAGateForbidsTheCycle) {
  for (unsigned threads = 2; threads <= 4; ++threads) {
    ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(threads, false, true, 0);
    EXPECT_EQ(dpor(ring).by.count(Outcome::deadlock), 0U);
    EXPECT_EQ(cached(ring).by.count(Outcome::deadlock), 0U);
  }
}

TEST(Searches, FindTheClaimedTwice) {
  ProgramOf<Claim, unsigned, bool> claim(2, false);
  EXPECT_GT(dpor(claim).by.at(Outcome::violation), 0U);
  EXPECT_GT(cached(claim).by.at(Outcome::violation), 0U);
}

TEST(Searches, FindTheStaleMessageUnderPsoOnly) {
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm}) {
    ProgramOf<FlagRing, unsigned, unsigned, unsigned> ring(1, 1, 2);
    EXPECT_EQ(cached(ring, model).by.count(Outcome::violation) > 0, model >= MemoryModel::pso)
        << to_string(model);
    EXPECT_EQ(cached(ring, model).by.count(Outcome::livelock), 0U) << to_string(model);
  }
  ProgramOf<FlagRing, unsigned, unsigned, unsigned> ring(1, 1, 2);
  EXPECT_GT(dpor(ring, MemoryModel::pso).by.at(Outcome::violation), 0U);
}

TEST(CachedSearch, NeedsFarFewerExecutionsWhereLocksDecide) {
  ProgramOf<Inversion, unsigned, unsigned, bool> inversion(3, 5, false);
  const Tally tally = cached(inversion);
  EXPECT_EQ(tally.by.count(Outcome::deadlock), 0U);
  EXPECT_LT(tally.executions, 2000U);  // the classes are 9,018,009
}

// Whether the read races depends on who had the lock first, long before: nothing that the actors or the
// objects still show.
struct RacesLater {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    if (actor == 0) {
      data.update([](int& value) { value = 1; });
      { const std::lock_guard guard(lock); }
      written.store(true, std::memory_order_relaxed);  // orders nothing
      return;
    }
    { const std::lock_guard guard(lock); }
    if (written.load(std::memory_order_relaxed)) data.get([](int) { return 0; });
  }
  Rt::mutex lock{"lock"};
  Rt::atomic<bool> written{false, "written"};
  Rt::plain<int> data{0, "data"};
};
TEST(CachedSearch, TellsStatesApartThatDifferInWhatIsOrderedOnly) {
  ProgramOf<RacesLater> program;
  World world;
  world.set_hashed(true);
  CachedSearch search;
  bool raced = false;
  do {
    raced |= world.run(program, search) == Outcome::race;
  } while (search.next(world));
  EXPECT_TRUE(raced);
}

// The constructor's use of the lock is before all actors, and before nothing that they do.
struct LocksInTheConstructor {
  static constexpr unsigned kActors = 2;
  explicit LocksInTheConstructor(bool locked) : writes_locked(locked) {
    for (int i = 0; i < 100; ++i) const std::lock_guard guard(lock);
  }
  void run(unsigned actor) {
    if (actor == 0 && !writes_locked) {
      data.write() = 1;
      return;
    }
    const std::lock_guard guard(lock);
    if (actor == 0) data.write() = 1;
    if (actor == 1) data.read();
  }
  const bool writes_locked;
  Rt::mutex lock{"lock"};
  Rt::plain<int> data{0, "data"};
};
TEST(PlainData, WhatMadeTheStateIsBeforeTheActorsAndOrdersNothingElse) {
  ProgramOf<LocksInTheConstructor, bool> racing(false), fixed(true);
  World world;
  RandomWalk walk;
  // Once to find out that there is plain data, then more often than a clock of 16 bits has ticks.
  world.run(fixed, walk);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    walk.reseed(split_mix(seed));
    EXPECT_EQ(world.run(racing, walk), Outcome::race) << seed;
    EXPECT_EQ(world.run(fixed, walk), Outcome::ok) << seed;
  }
}

}  // namespace
}  // namespace kvtool::explore::test
