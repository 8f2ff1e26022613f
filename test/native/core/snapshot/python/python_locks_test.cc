// Who waits for which Python lock, and who has it, in every CPython that is tested.
#include "pythons.h"

namespace kvtool::snapshot::python {
namespace {

using PythonLocks = EveryPython;

bool holds(const ThreadDump& thread, const std::string& kind, std::uint64_t lock) {
  return std::ranges::any_of(thread.holds,
                             [&](const HeldLock& held) { return held.kind == kind && held.address == lock; });
}

bool waits_for(const ProcessDump& dump, pid_t tid, WaitKind kind) {
  const ThreadDump* thread = find(dump, tid);
  return thread != nullptr && thread->wait && thread->wait->kind == kind;
}

TEST_P(PythonLocks, AbbaNamesEachThreadAsTheOthersOwner) {
  const PythonProgram program(GetParam(), "abba-locks.py");
  const auto held = program.facts("holds");
  const auto wanted = program.facts("wants");
  ASSERT_EQ(held.size(), 2u);
  const ProcessDump dump = program.await_frames();
  for (const auto& words : wanted) {
    const pid_t tid = std::stoi(words.at(0));
    const pid_t other =
        std::stoi(held.at(0).at(0)) == tid ? std::stoi(held.at(1).at(0)) : std::stoi(held.at(0).at(0));
    const ThreadDump& thread = *find(dump, tid);
    ASSERT_TRUE(thread.wait);
    EXPECT_EQ(thread.wait->kind, WaitKind::python_lock);
    EXPECT_EQ(thread.wait->address, address(words.at(1)));
    EXPECT_EQ(thread.wait->owner, other);
    EXPECT_TRUE(holds(*find(dump, other), "python-lock", address(words.at(1))));
    EXPECT_EQ(thread.holds.size(), 1u);
  }
}

TEST_P(PythonLocks, RlockNamesItsOwnerHoweverItWasTaken) {
  const PythonProgram program(GetParam(), "rlock.py");
  const pid_t owner = program.tid("owner");
  const pid_t waiter = program.tid("waiter");
  const ProcessDump dump = program.await_frames();
  const ThreadWait wait = find(dump, waiter)->wait.value_or(ThreadWait{});
  EXPECT_EQ(wait.kind, WaitKind::python_rlock);
  EXPECT_EQ(wait.address, address(program.fact("waiter").at(1)));
  EXPECT_EQ(wait.owner, owner);
  EXPECT_TRUE(holds(*find(dump, owner), "python-rlock", *wait.address));
}

TEST_P(PythonLocks, ThreadThatWantsWhatItHasIsItsOwnOwner) {
  const PythonProgram program(GetParam(), "rlock.py");
  const pid_t owner = program.tid("owner");
  const ProcessDump dump = program.await_frames();
  const ThreadWait wait = find(dump, owner)->wait.value_or(ThreadWait{});
  EXPECT_EQ(wait.kind, WaitKind::python_lock);
  EXPECT_EQ(wait.address, address(program.fact("private").at(1)));
  EXPECT_EQ(wait.owner, owner);
}

TEST_P(PythonLocks, EveryWaitHasItsKindAndJoinItsThread) {
  const PythonProgram program(GetParam(), "every-wait.py");
  const std::map<std::string, WaitKind> kinds{
      {"python-lock", WaitKind::python_lock}, {"join", WaitKind::join}, {"condvar", WaitKind::condvar}};
  const auto waits = program.facts("wait");
  ASSERT_EQ(waits.size(), 5u);
  const ProcessDump dump = program.await([&](const ProcessDump& d) {
    return std::ranges::all_of(waits, [&](const auto& words) {
      return waits_for(d, std::stoi(words.at(1)), kinds.at(words.at(0)));
    });
  });
  for (const auto& words : waits) {
    SCOPED_TRACE(words.at(0));
    EXPECT_EQ(find(dump, std::stoi(words.at(1)))->wait->owner.value_or(0), std::stoi(words.at(2)));
  }
  EXPECT_TRUE(lacks(dump, "whose owner is not known"));
}

TEST_P(PythonLocks, WhoHasLeftTheWithIsNotNamed) {
  const PythonProgram program(GetParam(), "left-its-with.py");
  const pid_t waiter = program.tid("waiter");
  const ProcessDump dump = program.await_frames();
  const ThreadWait wait = find(dump, waiter)->wait.value_or(ThreadWait{});
  EXPECT_EQ(wait.kind, WaitKind::python_lock);
  EXPECT_EQ(wait.address, address(program.fact("waiter").at(1)));
  EXPECT_FALSE(wait.owner);
  EXPECT_FALSE(wait.owner_dead);
  EXPECT_TRUE(find(dump, program.tid("left"))->holds.empty());
  EXPECT_TRUE(lacks(dump, "whose owner is not known"));
}

TEST_P(PythonLocks, SixtyFourThreadsWaitForOneOwner) {
  const PythonProgram program(GetParam(), "many-threads.py", {"64"});
  const ProcessDump dump = program.await_frames();
  for (const ThreadDump& thread : dump.threads) {
    if (thread.tid == dump.pid) continue;
    EXPECT_EQ(thread.wait.value_or(ThreadWait{}).owner, dump.pid);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonLocks);
INSTANTIATE_TEST_SUITE_P(Pythons, PythonLocks, testing::ValuesIn(supported_pythons()), test_name);

}  // namespace
}  // namespace kvtool::snapshot::python
