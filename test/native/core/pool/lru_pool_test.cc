#include "core/pool/lru_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "core/explorer/random.h"
#include "core/runtime/invariants.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::pool {
namespace {

using Pool = LruPool<RealRuntime>;

void expect_unbroken() {
  const auto broken = take_broken_invariants();
  EXPECT_TRUE(broken.empty()) << broken.front();
}

class LruPoolTest : public testing::Test {
 protected:
  void SetUp() override { take_broken_invariants(); }
  void TearDown() override { expect_unbroken(); }
};

TEST_F(LruPoolTest, PopsTheLeastRecentlyReleasedFirstAndThenNothing) {
  Pool pool({.primary = 2, .secondary = 1});
  EXPECT_EQ(pool.try_pop(Level::primary), 0U);
  EXPECT_EQ(pool.try_pop(Level::primary), 1U);
  EXPECT_EQ(pool.try_pop(Level::primary), std::nullopt);
  EXPECT_EQ(pool.count(Level::secondary), 1U);
  pool.release(1);
  pool.release(0);
  EXPECT_EQ(pool.front(Level::primary), 1U);
  pool.check_at_rest();
}

TEST_F(LruPoolTest, APinnedBlockIsNoVictimUntilItsLastReferenceGoes) {
  Pool pool({.primary = 2, .secondary = 0});
  EXPECT_EQ(pool.pin(0), 0U);
  EXPECT_EQ(pool.pin(0), 0U);
  EXPECT_EQ(pool.references(0), 2U);
  EXPECT_EQ(pool.try_pop(Level::primary), 1U);
  EXPECT_EQ(pool.try_pop(Level::primary), std::nullopt);
  pool.unpin(0);
  EXPECT_EQ(pool.count(Level::primary), 0U);
  pool.unpin(0);
  EXPECT_EQ(pool.try_pop(Level::primary), 0U);
  pool.acquire(0);
  pool.acquire(1);
  pool.check_at_rest();
}

TEST_F(LruPoolTest, WhatAnAllocationHasTakenCannotBePinned) {
  Pool pool({.primary = 1, .secondary = 0});
  ASSERT_EQ(pool.try_pop(Level::primary), 0U);
  EXPECT_EQ(pool.pin(0), std::nullopt);
  EXPECT_FALSE(pool.try_take(0));
  pool.acquire(0);
  EXPECT_EQ(pool.pin(0), 0U);
}

TEST_F(LruPoolTest, SwappedBlocksGoToTheListsOfTheirNewLevels) {
  Pool pool({.primary = 1, .secondary = 1});
  ASSERT_TRUE(pool.try_take(0));
  ASSERT_TRUE(pool.try_take(1));
  pool.swap_slots(0, 1);
  EXPECT_EQ(pool.slots(0, 1), std::pair(SlotId{1}, SlotId{0}));
  pool.release(0);
  pool.release(1);
  EXPECT_EQ(pool.front(Level::secondary), 0U);
  EXPECT_EQ(pool.front(Level::primary), 1U);
  pool.check_at_rest();
}

TEST_F(LruPoolTest, ABlockThatOthersPinnedDoesNotMove) {
  Pool pool({.primary = 1, .secondary = 1});
  ASSERT_TRUE(pool.try_take(0));
  ASSERT_TRUE(pool.pin(1));
  ASSERT_TRUE(pool.pin(1));
  EXPECT_FALSE(pool.try_swap_pinned(1, 0));
  EXPECT_EQ(pool.slot(1), 1U);
  pool.unpin(1);
  EXPECT_TRUE(pool.try_swap_pinned(1, 0));
  EXPECT_EQ(pool.slot(1), 0U);
}

TEST_F(LruPoolTest, LowerPrioritiesGoFirst) {
  Pool pool({.primary = 3, .secondary = 0});
  pool.set_priority(0, 80);
  pool.set_priority(2, 30);
  EXPECT_EQ(pool.priority(0), 80U);
  EXPECT_EQ(pool.try_pop(Level::primary), 2U);
  EXPECT_EQ(pool.try_pop(Level::primary), 1U);
  EXPECT_EQ(pool.try_pop(Level::primary), 0U);
  pool.set_priority(1, 80);  // of a taken block: counts once it is free
  pool.release(0);
  pool.release(1);
  EXPECT_EQ(pool.try_pop(Level::primary), 0U);
}

TEST_F(LruPoolTest, ExpiredBlocksFallToTheLowestPriority) {
  Pool pool({.primary = 3, .secondary = 0});
  pool.set_priority(0, 80);
  pool.set_expiry(0, 100);
  pool.set_expiry(1, 200);
  EXPECT_EQ(pool.demote_expired(99), 0U);
  EXPECT_EQ(pool.demote_expired(100), 1U);
  EXPECT_EQ(pool.priority(0), 30U);
  EXPECT_EQ(pool.try_pop(Level::primary), 0U);
  // A pinned block keeps its expiry for later, and loses it when it is taken back.
  ASSERT_TRUE(pool.pin(1));
  EXPECT_EQ(pool.demote_expired(300), 0U);
  pool.unpin(1);
  EXPECT_EQ(pool.demote_expired(300), 1U);
  pool.set_expiry(2, 10);
  pool.set_expiry(2, 0);
  EXPECT_EQ(pool.demote_expired(1000), 0U);
  pool.release(0);
  pool.check_at_rest();
}

TEST_F(LruPoolTest, RefusesShapesThatMakeNoSense) {
  EXPECT_THROW(Pool({.priorities = {}}), std::invalid_argument);
  EXPECT_THROW(Pool({.priorities = {40, 35}}), std::invalid_argument);
  EXPECT_THROW(Pool({.priorities = {30}, .standard_priority = 35}), std::invalid_argument);
  EXPECT_THROW(Pool({.primary = 0}), std::invalid_argument);
  Pool pool({});
  EXPECT_THROW(pool.set_priority(0, 31), std::invalid_argument);
}

TEST_F(LruPoolTest, ThreadsThatPopPinAndMoveLeaveItConsistent) {
  Pool pool({.primary = 8, .secondary = 8});
  std::vector<std::atomic<int>> owners(16);
  const auto own = [&](BlockId block) {
    EXPECT_EQ(owners[block].fetch_add(1), 0) << "two owners";
    owners[block].fetch_sub(1);
  };
  {
    std::vector<RealThread> threads;
    for (unsigned id = 0; id < 4; ++id)
      threads.emplace_back("worker", [&, id] {
        explore::Random random;
        random.reseed(id + 1);
        for (int i = 0; i < 3000; ++i) {
          const auto block = static_cast<BlockId>(random.below(16));
          switch (random.below(4)) {
            case 0:
              if (const auto victim =
                      pool.try_pop(random.below(2) == 0 ? Level::primary : Level::secondary)) {
                own(*victim);
                pool.acquire(*victim);
                pool.unpin(*victim);
              }
              break;
            case 1:
              if (const auto slot = pool.pin(block)) {
                EXPECT_EQ(pool.slot(block), *slot) << "a pinned block moved";
                pool.unpin(block);
              }
              break;
            case 2: {
              const auto a = pool.try_pop(Level::primary);
              const auto b = pool.try_pop(Level::secondary);
              if (a && b) pool.swap_slots(*a, *b);
              if (a) pool.release(*a);
              if (b) pool.release(*b);
              break;
            }
            default:
              pool.set_expiry(block, i % 3 == 0 ? 0 : static_cast<std::uint64_t>(i));
              pool.demote_expired(static_cast<std::uint64_t>(i) / 2);
          }
        }
      });
  }
  pool.check_at_rest();
  EXPECT_EQ(pool.count(Level::primary) + pool.count(Level::secondary), 16U);
}

TEST_F(LruPoolTest, WaitingForTheSolePinEndsWithTheOtherPins) {
  Pool pool({.primary = 1, .secondary = 0});
  ASSERT_TRUE(pool.pin(0));
  ASSERT_TRUE(pool.pin(0));
  RealThread other("other", [&] { pool.unpin(0); });
  pool.await_sole_pin(0);
  EXPECT_EQ(pool.references(0), 1U);
}

}  // namespace
}  // namespace kvtool::pool
