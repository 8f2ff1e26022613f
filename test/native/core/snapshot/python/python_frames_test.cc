// Frames of real programs in every CPython of this machine, against what the programs themselves say.
#include <unistd.h>

#include <set>

#include "pythons.h"

namespace kvtool::snapshot::python {
namespace {

using PythonFrames = EveryPython;

bool has_name(const Frame& frame, const std::string& part) {
  return frame.function.find(part) != std::string::npos;
}

TEST(Pythons, ThereIsAtLeastOne) {
  EXPECT_FALSE(supported_pythons().empty())
      << "found no python3; expected one of 3." << kFirstMinor << " to 3." << kLastMinor
      << "; install it or name it in KVTOOL_PYTHONS";
}

TEST_P(PythonFrames, EveryKindOfCallHasItsNameFileAndLine) {
  const PythonProgram program(GetParam(), "nested-calls.py");
  const ProcessDump dump = program.await_frames();
  const ThreadDump& thread = *find(dump, dump.pid);
  EXPECT_GT(python_frames(thread).size(), 40u);
  EXPECT_EQ(thread.stack, StackState::complete);
  EXPECT_FALSE(lacks(dump, "not certain"));
}

TEST_P(PythonFrames, EachStandsBeforeTheCCallThatRunsIt) {
  const PythonProgram program(GetParam(), "nested-calls.py");
  const ProcessDump dump = program.await_frames();
  const auto& frames = find(dump, dump.pid)->frames;
  EXPECT_EQ(frames.front().runtime, Runtime::native);
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    EXPECT_EQ(frames[i].pc == 0, frames[i].runtime == Runtime::python);
    const Frame& next = frames[i + 1];
    if (frames[i].runtime == next.runtime || next.runtime == Runtime::python) continue;
    // A stripped library does not have to name it.
    EXPECT_TRUE(next.function.empty() || has_name(next, "_PyEval_EvalFrameDefault")) << next.function;
  }
}

TEST_P(PythonFrames, CBetweenPythonAndPythonStaysBetween) {
  const PythonProgram program(GetParam(), "c-between.py");
  const ProcessDump dump = program.await_frames();
  const auto& frames = find(dump, dump.pid)->frames;
  const auto index = [&](const std::string& function, std::size_t from) {
    while (from < frames.size() &&
           !(frames[from].runtime == Runtime::python && frames[from].function == function))
      ++from;
    return from;
  };
  const std::size_t compare = index("compare", 0);
  const std::size_t inner = index("sort", compare);
  const std::size_t outer = index("outer", inner);
  const std::size_t outermost = index("sort", outer);
  ASSERT_LT(outermost, frames.size());
  // Each time ctypes calls Python out of a C library that Python called by ctypes.
  for (const auto& [from, to] : {std::pair(compare, inner), std::pair(outer, outermost)}) {
    std::set<std::string> modules;
    for (std::size_t i = from + 1; i < to; ++i) {
      EXPECT_EQ(frames[i].runtime, Runtime::native) << i;
      modules.insert(frames[i].module.substr(0, frames[i].module.find_first_of("-.")));
    }
    EXPECT_TRUE(modules.contains("libc")) << testing::PrintToString(modules);
    EXPECT_TRUE(modules.contains("_ctypes")) << testing::PrintToString(modules);
  }
  EXPECT_EQ(index("sort", inner + 1), outermost);
}

TEST_P(PythonFrames, InterpretersCalledByTheMainOneHaveTheirFramesInside) {
  const PythonProgram program(GetParam(), "subinterpreters.py");
  const ProcessDump dump = program.await_frames();
  std::size_t visitors = 0;
  for (const ThreadDump& thread : dump.threads) {
    const auto frames = python_frames(thread);
    if (frames.empty() || !frames.front().starts_with("inside")) continue;
    ++visitors;
    EXPECT_EQ(frames.size(), 3u) << "inside, the text's own frame, and who called it";
    EXPECT_EQ(thread.stack, StackState::complete);
  }
  EXPECT_EQ(visitors, 2u);
  EXPECT_FALSE(lacks(dump, "not certain"));
}

TEST_P(PythonFrames, MoreFramesThanAStackIsReadForAreAllThere) {
  const PythonProgram program(GetParam(), "deep.py");
  const ProcessDump dump = program.await_frames();
  EXPECT_EQ(python_frames(*find(dump, dump.pid)).size(), 602u);
}

TEST_P(PythonFrames, ForkedChildHasTheThreadThatForked) {
  PythonProgram program(GetParam(), "forked.py");
  program.set_pid(program.tid("child"));
  const ProcessDump dump = program.await_frames();
  EXPECT_EQ(dump.threads.size(), 1u);
  EXPECT_EQ(python_frames(dump.threads.front()).size(), 1u);
}

TEST_P(PythonFrames, SixtyFourThreadsAllHaveTheirs) {
  const PythonProgram program(GetParam(), "many-threads.py", {"64"});
  const ProcessDump dump = program.await_frames();
  EXPECT_EQ(program.tellers().size(), 65u);
  for (const ThreadDump& thread : dump.threads) EXPECT_EQ(thread.stack, StackState::complete);
}

TEST_P(PythonFrames, RunningThreadHasApproximateOnes) {
  const PythonProgram program(GetParam(), "busy.py");
  const ProcessDump dump = program.await([&](const ProcessDump& d) {
    return lacks(d, "Thread " + std::to_string(d.pid) + ": approximate, and only the frames");
  });
  const ThreadDump& thread = *find(dump, dump.pid);
  EXPECT_EQ(thread.stack, StackState::partial);
  ASSERT_EQ(thread.frames.size(), 2u);
  EXPECT_EQ(thread.frames[0].function, "spin");
  EXPECT_EQ(thread.frames[1].function, "<module>");
  EXPECT_EQ(python_frames(thread)[1], program.told(dump.pid)[1]);
}

INSTANTIATE_TEST_SUITE_P(Pythons, PythonFrames, testing::ValuesIn(supported_pythons()), test_name);

TEST(PythonFramesOfOtherVersions, AreNamedAsUnsupported) {
  std::vector<std::string> others = all_pythons();
  std::erase_if(others, [](const std::string& path) { return is_supported(version_of_path(path)); });
  if (others.empty()) GTEST_SKIP() << "no CPython older than 3." << kFirstMinor << " here";
  for (const std::string& python : others) {
    ChildProcess child({python, "-c", "import os; os.write(1, b'ready\\n'); os.read(0, 1)"});
    child.facts();
    const ProcessDump dump = take_snapshot({.pid = child.pid()});
    EXPECT_TRUE(lacks(dump, "No Python frames: found CPython " + version_of_path(python) + " in "))
        << to_json(dump);
  }
}

}  // namespace
}  // namespace kvtool::snapshot::python
