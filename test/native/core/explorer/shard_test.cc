#include "core/explorer/shard.h"

#include <gtest/gtest.h>

#include "core/explorer/programs.h"

namespace kvtool::explore::test {
namespace {

TEST(RandomShard, FindsTheSameInPartsAsInOne) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(3, false, false, 2);
  const ExploreOptions options;
  RandomShard whole(ring, options);
  EXPECT_TRUE(whole.run(0, 3000, false));
  ASSERT_EQ(whole.findings().size(), 1U);
  std::uint64_t count = 0, steps = 0, first = UINT64_MAX;
  for (const std::uint64_t begin : {0U, 1000U, 2000U}) {
    RandomShard part(ring, options);
    part.run(begin, 1000, false);
    ASSERT_EQ(part.findings().size(), 1U);
    count += part.findings()[0].count;
    steps += part.steps();
    first = std::min(first, part.findings()[0].first);
  }
  EXPECT_EQ(count, whole.findings()[0].count);
  EXPECT_EQ(steps, whole.steps());
  EXPECT_EQ(first, whole.findings()[0].first);
}

TEST(RandomShard, StopsAtTheFirstFailureWhereThatIsWanted) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(2, false, false, 0);
  const ExploreOptions options;
  RandomShard shard(ring, options);
  EXPECT_FALSE(shard.run(0, 10'000, true));
  ASSERT_EQ(shard.findings().size(), 1U);
  EXPECT_EQ(shard.findings()[0].count, 1U);
  EXPECT_EQ(shard.executions(), shard.findings()[0].first + 1);
}

TEST(RandomShard, FindsNothingInAFixedProgram) {
  ProgramOf<Ring, unsigned, bool, bool, unsigned> ring(3, true, false, 2);
  const ExploreOptions options;
  RandomShard shard(ring, options);
  EXPECT_TRUE(shard.run(1'000'000, 20'000, false));
  EXPECT_TRUE(shard.findings().empty());
  EXPECT_EQ(shard.executions(), 20'000U);
}

}  // namespace
}  // namespace kvtool::explore::test
