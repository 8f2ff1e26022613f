#include "core/snapshot/python/stack_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_python.h"

namespace kvtool::snapshot::python {
namespace {

// A thread whose innermost frame can be set.
struct FakeThread {
  explicit FakeThread(int minor) : python(minor), objects(python.memory, python.layout), codes(objects) {
    state = python.allocate(400);
    if (python.layout.thread.c_frame == kNone) return;
    c_frame = python.allocate(64);
    python.word(state + python.layout.thread.c_frame, c_frame);
    python.word(c_frame + python.layout.c_frame.previous, state + python.layout.thread.root_c_frame);
  }
  void enter(std::uint64_t frame) {
    const bool in_c_frame = python.layout.thread.frame == kNone;
    python.word(in_c_frame ? c_frame + python.layout.c_frame.frame : state + python.layout.thread.frame,
                frame);
  }
  PythonStack read() { return read_stack(objects, codes, state); }
  std::vector<std::string> names(const PythonStack& stack) {
    std::vector<std::string> shown;
    for (const python::Run& run : stack.runs) {
      for (const PythonFrame& frame : run.frames) {
        const Frame named = codes.frame(frame.code, frame.instruction);
        shown.push_back(named.function + ":" + std::to_string(named.line.value_or(0)));
      }
      shown.emplace_back("|");
    }
    return shown;
  }

  FakePython python;
  Objects objects;
  CodeCache codes;
  std::uint64_t state = 0;
  std::uint64_t c_frame = 0;
};

using Names = std::vector<std::string>;

TEST(StackReader, FrameObjectsAreARunEach) {
  FakeThread thread(10);
  const std::uint64_t outer = thread.python.frame(thread.python.code("outer", 7), 0);
  thread.enter(thread.python.frame(thread.python.code("inner", 9), outer));
  const PythonStack stack = thread.read();
  EXPECT_EQ(thread.names(stack), Names({"inner:9", "|", "outer:7", "|"}));
  EXPECT_FALSE(stack.cut);
  EXPECT_EQ(stack.runs[0].stack_address, thread.c_frame);
  EXPECT_EQ(stack.runs[1].stack_address, 0u) << "the root stands for no call";
}

TEST(StackReader, RunsEndAtAnEntryFrame) {
  FakeThread thread(11);
  const std::uint64_t a = thread.python.frame(thread.python.code("a", 1), 0, 1);
  const std::uint64_t b = thread.python.frame(thread.python.code("b", 2), a, 1);
  thread.enter(thread.python.frame(thread.python.code("c", 3), b));
  EXPECT_EQ(thread.names(thread.read()), Names({"c:3", "b:2", "|", "a:1", "|"}));
}

TEST(StackReader, RunsEndAtAFrameOfTheInterpreter) {
  for (const int minor : {12, 13, 14}) {
    constexpr std::uint8_t kShim = 3;
    FakeThread thread(minor);
    const std::uint64_t bottom = thread.python.frame(0, 0, kShim);
    const std::uint64_t a = thread.python.frame(thread.python.code("a", 1), bottom);
    const std::uint64_t shim = thread.python.frame(0, a, kShim);
    const std::uint64_t b = thread.python.frame(thread.python.code("b", 2), shim);
    thread.enter(thread.python.frame(thread.python.code("c", 3), b));
    const PythonStack stack = thread.read();
    EXPECT_EQ(thread.names(stack), Names({"c:3", "b:2", "|", "a:1", "|"})) << minor;
    EXPECT_EQ(stack.runs[0].stack_address, shim);
    EXPECT_EQ(stack.runs[1].stack_address, bottom);
  }
}

TEST(StackReader, ThreadWithoutFramesHasNone) {
  for (int minor = kFirstMinor; minor <= kLastMinor; ++minor) {
    FakeThread thread(minor);
    EXPECT_EQ(thread.read(), PythonStack()) << minor;
  }
}

TEST(StackReader, FramesInACircleEnd) {
  for (int minor = kFirstMinor; minor <= kLastMinor; ++minor) {
    FakeThread thread(minor);
    const std::uint64_t frame = thread.python.frame(thread.python.code("round", 1), 0);
    thread.python.word(frame + thread.python.layout.frame.previous, frame);
    thread.enter(frame);
    const PythonStack stack = thread.read();
    EXPECT_TRUE(stack.cut) << minor;
    std::size_t frames = 0;
    for (const python::Run& run : stack.runs) frames += run.frames.size();
    EXPECT_EQ(frames, kPythonFrameLimit);
  }
}

TEST(StackReader, WhatIsNoFrameCutsTheStack) {
  for (int minor = kFirstMinor; minor <= kLastMinor; ++minor) {
    FakeThread thread(minor);
    const std::uint64_t no_code = thread.python.frame(thread.python.text("text"), 0);
    thread.enter(thread.python.frame(thread.python.code("good", 1), no_code));
    const PythonStack stack = thread.read();
    EXPECT_TRUE(stack.cut) << minor;
    EXPECT_EQ(thread.names(stack), Names({"good:1", "|"})) << minor;
    thread.enter(0x123456789);
    EXPECT_TRUE(thread.read().cut) << minor;
  }
}

}  // namespace
}  // namespace kvtool::snapshot::python
