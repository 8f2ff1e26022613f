#include "core/runtime/lock_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvtool {
namespace {

std::vector<std::string> holds(const FlightLine& line) { return {line.holds, line.holds + line.held_count}; }

TEST(LockLine, TurnsAWantIntoAHold) {
  FlightLine memory{};
  LockLine line(&memory);
  line.want("driver-lock:W", "cudaEventRecord");
  EXPECT_STREQ(memory.wants, "driver-lock:W");
  EXPECT_STREQ(memory.where, "cudaEventRecord");
  EXPECT_GT(memory.since_ns, 0u);
  line.got();
  EXPECT_STREQ(memory.wants, "");
  EXPECT_STREQ(memory.where, "");
  EXPECT_EQ(holds(memory), std::vector<std::string>{"driver-lock:W"});
}

TEST(LockLine, EndsAWaitWithoutHolding) {
  FlightLine memory{};
  LockLine line(&memory);
  line.want("device:idle", "cudaFree");
  line.end_wait();
  EXPECT_STREQ(memory.wants, "");
  EXPECT_TRUE(holds(memory).empty());
}

TEST(LockLine, DropsOutOfOrder) {
  FlightLine memory{};
  LockLine line(&memory);
  for (const char* resource : {"a", "b", "c"}) line.hold(resource);
  line.drop("a");
  EXPECT_EQ(holds(memory), (std::vector<std::string>{"b", "c"}));
  line.drop("never held");
  line.drop("c");
  EXPECT_EQ(holds(memory), std::vector<std::string>{"b"});
}

TEST(LockLine, CountsARecursiveHoldOnceForEach) {
  FlightLine memory{};
  LockLine line(&memory);
  line.hold("mutex:m");
  line.hold("mutex:m");
  line.drop("mutex:m");
  EXPECT_EQ(holds(memory), std::vector<std::string>{"mutex:m"});
}

TEST(LockLine, RecordsNoMoreThanSixHolds) {
  FlightLine memory{};
  LockLine line(&memory);
  for (int i = 0; i < 8; ++i) line.hold("mutex:" + std::to_string(i));
  EXPECT_EQ(memory.held_count, 6u);
  line.want("mutex:8", "lock");
  line.got();
  EXPECT_EQ(memory.held_count, 6u);
  EXPECT_STREQ(memory.wants, "");
  line.drop("mutex:7");  // was never recorded
  EXPECT_EQ(memory.held_count, 6u);
}

TEST(LockLine, TruncatesAndStillFindsWhatItTruncated) {
  FlightLine memory{};
  LockLine line(&memory);
  const std::string resource = "mutex:" + std::string(100, 'x');
  line.hold(resource);
  EXPECT_EQ(std::string(memory.holds[0]), resource.substr(0, 47));
  line.drop(resource);
  EXPECT_EQ(memory.held_count, 0u);
}

TEST(LockLine, LeavesAnEvenSequenceAndRaisesItWithEveryChange) {
  FlightLine memory{};
  LockLine line(&memory);
  line.want("a", "b");
  EXPECT_EQ(memory.sequence, 2u);
  line.got();
  EXPECT_EQ(memory.sequence, 4u);
  line.drop("a");
  EXPECT_EQ(memory.sequence, 6u);
}

TEST(LockLine, AnnouncesNothingOnAThreadWithoutALine) {
  EXPECT_EQ(LockLine::current(), nullptr);
  const ScopedWait wait("a", "b");
  const ScopedHold hold("c");
}

}  // namespace
}  // namespace kvtool
