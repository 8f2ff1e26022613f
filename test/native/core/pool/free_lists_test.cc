#include "core/pool/free_lists.h"

#include <gtest/gtest.h>

namespace kvtool::pool {
namespace {

TEST(FreeLists, FrontIsTheLeastRecentlyReleasedOfTheLowestPriority) {
  FreeLists lists(5, 2);
  EXPECT_EQ(lists.front(Level::primary), kNone);
  lists.push_back(0, lists.list(Level::primary, 1));
  lists.push_back(1, lists.list(Level::primary, 0));
  lists.push_back(2, lists.list(Level::primary, 0));
  lists.push_back(3, lists.list(Level::secondary, 0));
  EXPECT_EQ(lists.front(Level::primary), 1U);
  lists.erase(1, lists.list_of(1));
  EXPECT_EQ(lists.front(Level::primary), 2U);
  lists.erase(2, lists.list_of(2));
  EXPECT_EQ(lists.front(Level::primary), 0U);
  EXPECT_EQ(lists.front(Level::secondary), 3U);
  EXPECT_EQ(lists.count(Level::primary), 1U);
  EXPECT_EQ(lists.count(Level::secondary), 1U);
  EXPECT_TRUE(lists.consistent());
}

TEST(FreeLists, ErasesFromTheMiddleAndTheEnds) {
  FreeLists lists(4, 1);
  const auto list = lists.list(Level::primary, 0);
  for (BlockId block = 0; block < 4; ++block) lists.push_back(block, list);
  EXPECT_EQ(lists.erase(1, list), list);
  EXPECT_EQ(lists.erase(1, list), kNone);  // no longer there
  EXPECT_EQ(lists.erase(3, list), list);
  lists.push_back(1, list);
  EXPECT_EQ(lists.erase(0, list), list);
  EXPECT_EQ(lists.front(Level::primary), 2U);
  lists.erase(2, list);
  EXPECT_EQ(lists.front(Level::primary), 1U);
  EXPECT_TRUE(lists.consistent());
}

TEST(FreeLists, AnEraseThatNamesTheWrongListLeavesTheCountersWrong) {
  FreeLists lists(2, 1);
  lists.push_back(0, lists.list(Level::primary, 0));
  lists.push_back(1, lists.list(Level::secondary, 0));
  EXPECT_EQ(lists.erase(0, lists.list(Level::secondary, 0)), lists.list(Level::primary, 0));
  EXPECT_FALSE(lists.consistent());
  EXPECT_EQ(lists.count(Level::primary), 1U);
  EXPECT_EQ(lists.count(Level::secondary), 0U);
}

TEST(FreeLists, FingerprintsTellOrders) {
  FreeLists a(2, 1), b(2, 1);
  a.push_back(0, 0);
  a.push_back(1, 0);
  b.push_back(1, 0);
  b.push_back(0, 0);
  EXPECT_FALSE(a.fingerprint() == b.fingerprint());
  b.erase(1, 0);
  b.push_back(1, 0);
  EXPECT_TRUE(a.fingerprint() == b.fingerprint());
}

}  // namespace
}  // namespace kvtool::pool
