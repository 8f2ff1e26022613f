#include "core/recorder/slot.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

using Chain = SlotChain<RealRuntime>;

class SlotChainTest : public testing::Test {
 protected:
  void fill(Chain& chain, std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) chain.push_back(&slots_[i]);
  }
  std::vector<std::size_t> empty(Chain& chain) {
    std::vector<std::size_t> order;
    while (chain.size() > 0) order.push_back(static_cast<std::size_t>(chain.pop_front() - slots_.data()));
    return order;
  }
  using Order = std::vector<std::size_t>;

  std::vector<Slot<RealRuntime>> slots_{8};
};

TEST_F(SlotChainTest, IsFirstInFirstOut) {
  Chain chain;
  fill(chain, 0, 3);
  EXPECT_EQ(chain.size(), 3u);
  EXPECT_EQ(empty(chain), (Order{0, 1, 2}));
}

TEST_F(SlotChainTest, CanBeFilledAgainAfterItWasEmptied) {
  Chain chain;
  fill(chain, 0, 2);
  empty(chain);
  fill(chain, 1, 2);
  EXPECT_EQ(empty(chain), (Order{1, 2}));
}

TEST_F(SlotChainTest, AppendsAWholeChainAndLeavesItEmpty) {
  Chain chain;
  Chain other;
  fill(chain, 0, 2);
  fill(other, 2, 2);
  chain.append(other);
  EXPECT_EQ(other.size(), 0u);
  fill(other, 4, 1);
  EXPECT_EQ(empty(chain), (Order{0, 1, 2, 3}));
  EXPECT_EQ(empty(other), (Order{4}));
}

TEST_F(SlotChainTest, AppendsToAndFromNothing) {
  Chain chain;
  Chain other;
  chain.append(other);
  EXPECT_EQ(chain.size(), 0u);
  fill(other, 0, 1);
  chain.append(other);
  chain.append(other);
  fill(chain, 1, 1);
  EXPECT_EQ(empty(chain), (Order{0, 1}));
}

}  // namespace
}  // namespace kvtool
