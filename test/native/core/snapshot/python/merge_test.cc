#include "core/snapshot/python/merge.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "../fake_memory.h"

namespace kvtool::snapshot::python {
namespace {

constexpr std::uint64_t kStack = 0x7000;
const std::string kEval = "_PyEval_EvalFrameDefault";

// Native frames, 0x40 bytes of stack each, with the return address at the end.
struct Native {
  explicit Native(const std::vector<std::string>& functions, bool complete = true) {
    FakeMemory memory;
    for (std::uint64_t at = kStack; at < kStack + 0x40 * functions.size(); at += 8) memory.put(at, at);
    for (std::size_t i = 0; i < functions.size(); ++i) {
      walk.steps.push_back({.pc = pc(i)});
      frames.push_back({.pc = pc(i), .function = functions[i]});
      if (i > 0) memory.put(kStack + 0x40 * i - 8, pc(i));
    }
    walk.complete = complete;
    EXPECT_TRUE(stack.copy(memory, AddressMap({}), kStack));
  }
  static std::uint64_t pc(std::size_t index) { return 0x400000 + 0x100 * index; }
  // Some address in the stack frame of that function.
  static std::uint64_t inside(std::size_t index) { return kStack + 0x40 * index + 0x10; }

  std::vector<std::string> names() const {
    std::vector<std::string> shown;
    for (const Frame& frame : frames) shown.push_back(frame.function);
    return shown;
  }

  std::vector<Frame> frames;
  Walk walk;
  StackCopy stack;
};

NamedRun run(std::uint64_t stack_address, const std::vector<std::string>& functions) {
  NamedRun made{.stack_address = stack_address, .frames = {}};
  for (const std::string& function : functions)
    made.frames.push_back({.function = function, .runtime = Runtime::python});
  return made;
}

using Names = std::vector<std::string>;

TEST(Merge, RunsGoBeforeTheCallsThatTheirAddressesAreIn) {
  Native native({"futex", "", "vectorcall", "", "main"});
  EXPECT_TRUE(merge(native.frames, {run(Native::inside(1), {"a", "b"}), run(Native::inside(3), {"c"})},
                    native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "a", "b", "", "vectorcall", "c", "", "main"}));
}

TEST(Merge, WithoutAddressesTheCallsAreKnownByName) {
  Native native({"futex", kEval, "vectorcall", kEval + ".cold", "main"});
  EXPECT_TRUE(merge(native.frames, {run(0, {"a"}), run(0, {"b"})}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "a", kEval, "vectorcall", "b", kEval + ".cold", "main"}));
}

TEST(Merge, NameThatContradictsAnAddressIsBelieved) {
  Native native({"futex", "vectorcall", kEval, "main"});
  EXPECT_TRUE(merge(native.frames, {run(Native::inside(1), {"a"})}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "vectorcall", "a", kEval, "main"}));
}

TEST(Merge, AddressesOfAnotherStackAreNotBelieved) {
  Native native({"futex", kEval, "main"});
  EXPECT_TRUE(merge(native.frames, {run(0x10, {"a"})}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "a", kEval, "main"}));
}

TEST(Merge, RunsThatHaveNoCallGoToTheEndAndAreNotCertain) {
  Native native({"futex", "", "main"});
  EXPECT_FALSE(merge(native.frames, {run(0, {"a"}), run(0, {"b"})}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "", "main", "a", "b"}));
}

TEST(Merge, RunsBelowACutStackGoToTheEnd) {
  Native native({"futex", "", "call"}, false);
  EXPECT_TRUE(merge(native.frames, {run(Native::inside(1), {"a"}), run(kStack + 0x1000, {"b"})}, native.walk,
                    native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "a", "", "call", "b"}));
}

TEST(Merge, NoRunsChangeNothing) {
  Native native({"futex", "main"});
  EXPECT_TRUE(merge(native.frames, {}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "main"}));
}

TEST(Merge, FramesOfAnotherReaderInBetweenLeaveNamesToGoBy) {
  Native native({"futex", kEval, "main"});
  native.frames.insert(native.frames.begin() + 1, {.function = "js", .runtime = Runtime::js});
  EXPECT_TRUE(merge(native.frames, {run(Native::inside(1), {"a"})}, native.walk, native.stack));
  EXPECT_EQ(native.names(), Names({"futex", "js", "a", kEval, "main"}));
}

}  // namespace
}  // namespace kvtool::snapshot::python
