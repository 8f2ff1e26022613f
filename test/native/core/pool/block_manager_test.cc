#include "core/pool/block_manager.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <semaphore>
#include <vector>

#include "core/explorer/random.h"
#include "core/runtime/invariants.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::pool {
namespace {

using Manager = BlockManager<RealRuntime>;

class BlockManagerTest : public testing::Test {
 protected:
  void SetUp() override { take_broken_invariants(); }
  void TearDown() override {
    const auto broken = take_broken_invariants();
    EXPECT_TRUE(broken.empty()) << broken.front();
  }
  // A new block with that content.
  static BlockId add(Manager& manager, ContentHash hash) {
    const auto block = manager.allocate();
    EXPECT_TRUE(block);
    manager.memory().write(manager.slot_at(*block, Level::primary), hash);
    EXPECT_TRUE(manager.publish(*block, hash));
    return *block;
  }
};

TEST_F(BlockManagerTest, AllocatingMovesTheVictimsContentToTheSecondaryLevel) {
  Manager manager({.primary = 1, .secondary = 1});
  manager.unpin(add(manager, 11));
  manager.unpin(add(manager, 22));
  const auto old = manager.find_and_pin(11);
  ASSERT_TRUE(old);
  EXPECT_EQ(manager.shape().level_of(old->slot), Level::secondary);
  EXPECT_EQ(manager.memory().read(old->slot, 0), 11U);
  EXPECT_EQ(manager.memory().read(old->slot, 1), 11U);
  // The only secondary block is pinned: the next victim's content is dropped.
  manager.unpin(add(manager, 33));
  EXPECT_FALSE(manager.find_and_pin(22));
  manager.unpin(old->block);
  manager.check_at_rest();
}

TEST_F(BlockManagerTest, NothingToAllocateWhenEverythingIsPinned) {
  Manager manager({.primary = 1, .secondary = 1});
  const auto block = manager.allocate();
  ASSERT_TRUE(block);
  EXPECT_FALSE(manager.allocate());
  manager.unpin(*block);
  EXPECT_TRUE(manager.allocate());
}

TEST_F(BlockManagerTest, ContentOfLowPriorityIsDroppedInsteadOfMoved) {
  Manager manager({.primary = 1, .secondary = 1, .priorities = {10, 35}, .offload_threshold = 30});
  const BlockId block = add(manager, 11);
  manager.pool().set_priority(block, 10);
  manager.unpin(block);
  manager.unpin(add(manager, 22));
  EXPECT_FALSE(manager.find_and_pin(11));
}

TEST_F(BlockManagerTest, OnboardingBringsContentBack) {
  Manager manager({.primary = 2, .secondary = 1});
  manager.unpin(add(manager, 11));
  manager.unpin(add(manager, 22));
  manager.unpin(add(manager, 33));
  const auto found = manager.find_and_pin(11);
  ASSERT_TRUE(found);
  ASSERT_EQ(manager.shape().level_of(found->slot), Level::secondary);
  EXPECT_EQ(manager.onboard(found->block), Moved::done);
  const SlotId slot = manager.slot_at(found->block, Level::primary);
  EXPECT_EQ(manager.memory().read(slot, 1), 11U);
  EXPECT_EQ(manager.onboard(found->block), Moved::done);  // it is there already
  EXPECT_EQ(manager.offload(found->block), Moved::done);
  EXPECT_EQ(manager.memory().read(manager.slot_at(found->block, Level::secondary), 0), 11U);
  manager.unpin(found->block);
  manager.check_at_rest();
}

TEST_F(BlockManagerTest, APinnedBlockStaysWhereItIs) {
  Manager manager({.primary = 1, .secondary = 1});
  manager.unpin(add(manager, 11));
  manager.unpin(add(manager, 22));
  const auto mine = manager.find_and_pin(11), other = manager.find_and_pin(11);
  ASSERT_TRUE(mine && other);
  EXPECT_EQ(manager.onboard(mine->block), Moved::pinned);
  EXPECT_EQ(manager.pool().slot(mine->block), mine->slot);
  RealThread reader("reader", [&] { manager.unpin(other->block); });
  EXPECT_TRUE(manager.onboard_when_unpinned(mine->block));
  manager.slot_at(mine->block, Level::primary);
  manager.unpin(mine->block);
  reader.join();
  manager.check_at_rest();
}

TEST_F(BlockManagerTest, NoRoomToOnboard) {
  Manager manager({.primary = 1, .secondary = 1});
  manager.unpin(add(manager, 11));
  const BlockId kept = add(manager, 22);
  const auto found = manager.find_and_pin(11);
  ASSERT_TRUE(found);
  EXPECT_EQ(manager.onboard(found->block), Moved::no_room);
  EXPECT_FALSE(manager.onboard_when_unpinned(found->block));
  manager.unpin(kept);
}

TEST_F(BlockManagerTest, UsingABlockAtTheWrongLevelIsReported) {
  Manager manager({.primary = 1, .secondary = 1});
  manager.slot_at(1, Level::primary);
  EXPECT_EQ(take_broken_invariants().size(), 1U);
}

TEST_F(BlockManagerTest, EvictingAsksAgainWhetherTheCandidateIsFree) {
  Manager manager({.primary = 2, .secondary = 0});
  const BlockId block = add(manager, 11);
  manager.unpin(block);
  ASSERT_TRUE(manager.find_and_pin(11));
  EXPECT_FALSE(manager.evict(block));
  manager.unpin(block);
  EXPECT_TRUE(manager.evict(block));
  EXPECT_FALSE(manager.find_and_pin(11));
  manager.check_at_rest();
}

TEST_F(BlockManagerTest, TheFirstBlockWithAContentStays) {
  Manager manager({.primary = 2, .secondary = 0});
  const BlockId first = add(manager, 11);
  const auto second = manager.allocate();
  ASSERT_TRUE(second);
  EXPECT_FALSE(manager.publish(*second, 11));
  EXPECT_EQ(manager.find_and_pin(11)->block, first);
  const std::array<ContentHash, 3> hashes = {11, 12, 11};
  EXPECT_EQ(manager.prefix(hashes), 1U);
}

template <class Protocol>
void schedule_and_serve() {
  BlockManager<RealRuntime, Protocol> manager({.primary = 4, .secondary = 6});
  std::atomic<bool> stop{false};
  std::vector<RealThread> services;
  for (unsigned id = 0; id < 2; ++id)
    services.emplace_back("service", [&, id] {
      explore::Random random;
      random.reseed(id);
      while (!stop.load()) {
        const ContentHash hash = 1 + random.below(20);
        const auto found = manager.find_and_pin(hash);
        if (!found) continue;
        for (unsigned half = 0; half < kHalves; ++half)
          EXPECT_EQ(manager.memory().read(found->slot, half), hash);
        manager.unpin(found->block);
      }
    });
  explore::Random random;
  random.reseed(99);
  for (int i = 0; i < 2000; ++i) {
    const ContentHash hash = 1 + random.below(20);
    if (const auto found = manager.find_and_pin(hash)) {
      if (manager.onboard_when_unpinned(found->block)) {
        EXPECT_EQ(manager.memory().read(manager.slot_at(found->block, Level::primary), 1), hash);
      }
      manager.unpin(found->block);
    } else if (const auto block = manager.allocate()) {
      manager.memory().write(manager.slot_at(*block, Level::primary), hash);
      EXPECT_TRUE(manager.publish(*block, hash));
      manager.unpin(*block);
    }
    if (const auto victim = manager.eviction_candidate(Level::secondary); victim && i % 7 == 0)
      manager.evict(*victim);
  }
  stop.store(true);
  for (RealThread& service : services) service.join();
  manager.check_at_rest();
}

TEST_F(BlockManagerTest, ServicesReadWhatTheyAskedForWhileASchedulerAllocates) {
  schedule_and_serve<FixedProtocol>();
}

struct RefuseTaken : FixedProtocol {
  static constexpr TreeHold kTree = TreeHold::refuse_taken;
};

TEST_F(BlockManagerTest, SoTheyDoWhereLookupsDoNotWaitForCopies) { schedule_and_serve<RefuseTaken>(); }

// Copies that end when the test lets them.
class HeldMemory : public SlotMemory<RealRuntime> {
 public:
  using SlotMemory<RealRuntime>::SlotMemory;
  void copy(SlotId from, SlotId to) {
    began.release();
    may_end.acquire();
    SlotMemory<RealRuntime>::copy(from, to);
  }
  std::binary_semaphore began{0}, may_end{0};
};

// `during(lookup)` runs while an allocation copies and another thread looks up what is being moved.
template <class Protocol, class During>
void look_up_during_a_copy(During during) {
  BlockManager<RealRuntime, Protocol, HeldMemory> manager({.primary = 1, .secondary = 1});
  manager.preload(0, 7, 7);
  RealThread scheduler("scheduler", [&] { manager.unpin(manager.allocate().value()); });
  manager.memory().began.acquire();
  std::future<bool> found =
      std::async(std::launch::async, [&] { return manager.find_and_pin(7).has_value(); });
  during(found);
  manager.memory().may_end.release();
  scheduler.join();
  if (found.valid()) {
    EXPECT_TRUE(found.get()) << "moved, and found where it is now";
  }
}
TEST_F(BlockManagerTest, ALookupWaitsForACopy) {
  look_up_during_a_copy<FixedProtocol>([](const std::future<bool>& found) {
    EXPECT_EQ(found.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  });
}
TEST_F(BlockManagerTest, OrMissesWhatIsBeingMovedAndDoesNotWait) {
  look_up_during_a_copy<RefuseTaken>([](std::future<bool>& found) { EXPECT_FALSE(found.get()); });
}

}  // namespace
}  // namespace kvtool::pool
