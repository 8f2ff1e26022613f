// Who has the GIL and who waits for it, in every CPython that is tested.
#include "pythons.h"

namespace kvtool::snapshot::python {
namespace {

using PythonGil = EveryPython;

bool waits_for_gil(const ProcessDump& dump, pid_t tid) {
  const ThreadDump* thread = find(dump, tid);
  return thread != nullptr && thread->wait && thread->wait->kind == WaitKind::gil && thread->wait->owner;
}

// What must hold of a GIL that `holder` has and `waiter` wants.
void expect_gil(const ProcessDump& dump, pid_t holder, pid_t waiter, bool main_interpreter) {
  const ThreadWait wait = find(dump, waiter)->wait.value_or(ThreadWait{});
  EXPECT_EQ(wait.owner, holder);
  EXPECT_EQ(wait.name == "GIL", main_interpreter) << wait.name;
  EXPECT_TRUE(wait.name.starts_with("GIL"));
  const auto& holds = find(dump, holder)->holds;
  const auto held = std::ranges::find(holds, std::string("runtime-lock"), &HeldLock::kind);
  ASSERT_NE(held, holds.end());
  EXPECT_EQ(held->name, wait.name);
  EXPECT_EQ(held->address, wait.address);
}

// Wakes the waiter until it finds the GIL taken: the holder gives it away for a moment to say `ready`.
ProcessDump await_waiter(const PythonProgram& program, pid_t waiter) {
  return program.await([&](const ProcessDump& d) {
    if (waits_for_gil(d, waiter)) return true;
    program.child().tell("x");
    return false;
  });
}

TEST_P(PythonGil, HolderThatWantsAMutexOfAWaiterClosesTheCircle) {
  const PythonProgram program(GetParam(), "gil-vs-mutex.py");
  const pid_t holder = program.tid("holder");
  const pid_t keeper = program.tid("keeper");
  program.await([&](const ProcessDump& d) {
    const ThreadDump* thread = find(d, holder);
    return thread->wait && thread->wait->kind == WaitKind::mutex && thread->wait->owner == keeper;
  });
  program.child().tell("x");
  const ProcessDump dump = program.await([&](const ProcessDump& d) { return waits_for_gil(d, keeper); });
  expect_gil(dump, holder, keeper, true);
  const ThreadWait wait = find(dump, holder)->wait.value_or(ThreadWait{});
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_EQ(wait.owner, keeper);
  EXPECT_EQ(wait.address, address(program.fact("holder").at(1)));
  EXPECT_EQ(python_frames(*find(dump, holder)), program.told(holder));
  EXPECT_EQ(python_frames(*find(dump, keeper)), program.told(keeper));
  // It wakes every 5 ms to ask again, and is as stuck as one that does not.
  EXPECT_FALSE(lacks(dump, "it is not stuck"));
}

TEST_P(PythonGil, HolderThatRunsIsNamed) {
  const PythonProgram program(GetParam(), "busy.py");
  const pid_t waiter = program.tid("waiter");
  const ProcessDump dump = await_waiter(program, waiter);
  expect_gil(dump, program.tid("spinner"), waiter, true);
}

TEST_P(PythonGil, InterpreterMayHaveItsOwn) {
  const PythonProgram program(GetParam(), "subinterpreter-gil.py");
  if (!program.facts("shared").empty()) GTEST_SKIP() << "this version has one GIL for all interpreters";
  const pid_t waiter = program.tid("waiter");
  const ProcessDump dump = await_waiter(program, waiter);
  expect_gil(dump, program.tid("spinner"), waiter, false);
}

TEST_P(PythonGil, NobodyHasItWhenAllAreBlocked) {
  const PythonProgram program(GetParam(), "abba-locks.py");
  const ProcessDump dump = program.await_frames();
  for (const ThreadDump& thread : dump.threads)
    for (const HeldLock& held : thread.holds) EXPECT_NE(held.kind, "runtime-lock");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonGil);
INSTANTIATE_TEST_SUITE_P(Pythons, PythonGil, testing::ValuesIn(supported_pythons()), test_name);

}  // namespace
}  // namespace kvtool::snapshot::python
