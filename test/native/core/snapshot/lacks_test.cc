#include "core/snapshot/lacks.h"

#include <gtest/gtest.h>

namespace kvtool::snapshot {
namespace {

TEST(Lacks, NothingIsLackingAtFirst) { EXPECT_TRUE(Lacks().sentences().empty()); }

TEST(Lacks, OneSentencePerReason) {
  Lacks lacks;
  lacks.add("Something else.");
  lacks.add(StackLack::ended_early, 9);
  for (const pid_t tid : {5, 6, 7}) lacks.add(StackLack::running, tid);
  EXPECT_EQ(
      lacks.sentences(),
      (std::vector<std::string>{
          "Something else.",
          "Threads 5, 6 and 7: no stack: running on a processor at every look, and only a blocked thread can "
          "be "
          "read without stopping it.",
          "Thread 9: stack ends before the thread's start: no unwind information for the caller of its last "
          "frame."}));
}

TEST(Lacks, ManyThreadsAreCounted) {
  Lacks lacks;
  for (pid_t tid = 100; tid < 150; ++tid) lacks.add(StackLack::no_time, tid);
  const auto sentences = lacks.sentences();
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_NE(sentences[0].find("114, 115 and 34 more: stack is missing"), std::string::npos) << sentences[0];
}

}  // namespace
}  // namespace kvtool::snapshot
