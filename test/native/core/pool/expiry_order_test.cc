#include "core/pool/expiry_order.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "core/explorer/random.h"

namespace kvtool::pool {
namespace {

TEST(ExpiryOrder, AgreesWithASetOnRandomOperations) {
  constexpr std::uint32_t kBlocks = 20;
  ExpiryOrder order(kBlocks);
  std::set<std::pair<std::uint64_t, BlockId>> expected;
  std::vector<std::uint64_t> when(kBlocks);
  explore::Random random;
  random.reseed(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto block = static_cast<BlockId>(random.below(kBlocks));
    if (order.contains(block)) {
      order.erase(block);
      expected.erase({when[block], block});
    } else {
      when[block] = 1 + random.below(50);
      order.insert(block, when[block]);
      expected.insert({when[block], block});
    }
    ASSERT_EQ(order.size(), expected.size());
    ASSERT_TRUE(order.ordered());
    if (expected.empty()) continue;
    ASSERT_EQ(order.first(), expected.begin()->second);
    ASSERT_EQ(order.first_when(), expected.begin()->first);
  }
}

TEST(ExpiryOrder, AKeyThatChangesInPlaceBreaksTheOrder) {
  ExpiryOrder order(3);
  for (BlockId block = 0; block < 3; ++block) order.insert(block, 10 + block);
  order.rekey_in_place(0, 100);
  EXPECT_FALSE(order.ordered());
  EXPECT_FALSE(order.ordered_near(0));
  order.erase(0);
  EXPECT_TRUE(order.ordered());
  EXPECT_TRUE(order.ordered_near(0));
}

}  // namespace
}  // namespace kvtool::pool
