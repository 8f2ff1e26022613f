// Frames of real programs in every CPython that is tested, against what the programs themselves say.
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
  if (supported_pythons().empty())
    GTEST_SKIP() << "found no python3, so nothing that needs one is tested; expected one of 3." << kFirstMinor
                 << " to 3." << kLastMinor << "; install it or name it in KVTOOL_TEST_PYTHONS";
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

// libffi's call is written by hand: its frame pointer points elsewhere than those of compilers do.
TEST_P(PythonFrames, ForeignFunctionThatBlocksIsWalkedThroughWithoutAStop) {
  const PythonProgram program(GetParam(), "gil-vs-mutex.py");
  const pid_t main = program.child().pid();
  ProcessDump dump;
  EXPECT_TRUE(await_until([&] {
    dump = take_snapshot({.pid = main, .may_stop = false});
    const auto& wait = find(dump, main)->wait;
    return wait && wait->kind == WaitKind::mutex;
  }));
  const ThreadDump& thread = *find(dump, main);
  EXPECT_EQ(thread.stack, StackState::complete) << to_json(dump);
  EXPECT_EQ(thread.rung, Rung::no_stop);
  for (const Frame& frame : thread.frames)
    EXPECT_TRUE(frame.runtime == Runtime::python || (!frame.module.empty() && frame.module != "[stack]"))
        << to_json(dump);
  EXPECT_TRUE(std::ranges::any_of(thread.frames, [](const Frame& f) { return f.function == "ffi_call"; }));
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

TEST_P(PythonFrames, RunningThreadIsStoppedForThemAndTheyAreOfOneMoment) {
  const PythonProgram program(GetParam(), "runs.py");
  // Every look meets it elsewhere; each must show a stack that the program can have.
  constexpr int kLooks = 40;
  std::set<std::string> innermost;
  for (int look = 0; look < kLooks; ++look) {
    const ProcessDump dump = take_snapshot({.pid = program.child().pid()});
    const ThreadDump& thread = *find(dump, dump.pid);
    if (thread.rung != Rung::stopped || thread.accuracy == Accuracy::approximate) continue;
    std::string functions;
    for (const Frame& frame : thread.frames)
      if (frame.runtime == Runtime::python)
        functions += frame.function + "(" + frame.file.substr(frame.file.rfind('/') + 1) + ") ";
    EXPECT_TRUE(functions == "odd(runs.py) run(runs.py) <module>(runs.py) " ||
                functions == "even(runs.py) run(runs.py) <module>(runs.py) " ||
                functions == "deeper(runs.py) even(runs.py) run(runs.py) <module>(runs.py) " ||
                functions == "run(runs.py) <module>(runs.py) ")
        << functions;
    innermost.insert(functions.substr(0, functions.find('(')));
    EXPECT_EQ(thread.stack, StackState::complete);
  }
  EXPECT_GE(innermost.size(), 2u) << testing::PrintToString(innermost);
}

TEST_P(PythonFrames, RunningThreadThatMayNotBeStoppedHasApproximateOnes) {
  const PythonProgram program(GetParam(), "busy.py");
  const ProcessDump dump = program.await(
      [&](const ProcessDump& d) {
        return lacks(d, "Thread " + std::to_string(d.pid) + ": approximate, and only the frames");
      },
      {.may_stop = false});
  const ThreadDump& thread = *find(dump, dump.pid);
  EXPECT_EQ(thread.stack, StackState::partial);
  ASSERT_EQ(thread.frames.size(), 2u);
  EXPECT_EQ(thread.frames[0].function, "spin");
  EXPECT_EQ(thread.frames[1].function, "<module>");
  EXPECT_EQ(python_frames(thread)[1], program.told(dump.pid)[1]);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonFrames);
INSTANTIATE_TEST_SUITE_P(Pythons, PythonFrames, testing::ValuesIn(supported_pythons()), test_name);

// A program with the two symbols by which a CPython tells its version, and nothing behind them.
TEST(PythonFramesOfOtherVersions, OneFromTheFutureIsNamedAndNotGuessed) {
  std::string folder = testing::TempDir() + "kvtool-python-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string program = folder + "/python3.15";
  std::ofstream(program + ".cc") << R"(#include <unistd.h>
extern "C" {
extern const unsigned long Py_Version = 0x030f00f0;
unsigned long _PyRuntime[200] = {0x7970677562656478, 0x030f00f0, 0, 1600, 8, 640};
}
int main() { char byte; return write(1, "ready\n", 6) != 6 || read(0, &byte, 1) < 0; })";
  ASSERT_EQ(std::system(("c++ -rdynamic -o " + program + " " + program + ".cc").c_str()), 0);
  {
    ChildProcess child({program});
    child.facts();
    const ProcessDump dump = take_snapshot({.pid = child.pid()});
    EXPECT_TRUE(lacks(dump, "No Python frames: found CPython 3.15 in python3.15; expected 3.8 to 3.14"))
        << to_json(dump);
    EXPECT_TRUE(lacks(dump, "give the text of py-spy or faulthandler to kvtool explain"));
    for (const ThreadDump& thread : dump.threads) EXPECT_EQ(thread.stack, StackState::complete);
  }
  std::filesystem::remove_all(folder);
}

TEST(PythonFramesOfOtherVersions, AreNamedAsUnsupported) {
  std::vector<std::string> others = tested_pythons();
  std::erase_if(others, [](const std::string& path) { return is_supported(version_of_path(path)); });
  if (others.empty())
    GTEST_SKIP() << "no CPython older than 3." << kFirstMinor
                 << " is tested; KVTOOL_TEST_PYTHONS=all tests all";
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
