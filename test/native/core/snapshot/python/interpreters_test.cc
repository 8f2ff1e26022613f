#include "core/snapshot/python/interpreters.h"

#include <gtest/gtest.h>

#include <vector>

#include "fake_python.h"

namespace kvtool::snapshot::python {
namespace {

// One interpreter with as many threads as there are IDs, the first of the list first.
struct FakeInterpreter {
  FakeInterpreter(int minor, const std::vector<pid_t>& ids)
      : python(minor), objects(python.memory, python.layout) {
    runtime = python.allocate(1024);
    state = python.allocate(8192);
    python.word(runtime + python.layout.runtime.interpreters, state);
    std::uint64_t link = state + python.layout.interpreter.threads;
    for (const pid_t id : ids) {
      threads.push_back(python.allocate(400));
      python.word(link, threads.back());
      python.word(threads.back() + python.layout.thread.interpreter, state);
      python.integer(threads.back() + python.layout.thread.native_id, id);
      link = threads.back() + python.layout.thread.next;
    }
  }
  std::optional<Interpreters> read() const {
    return read_interpreters(objects, runtime,
                             [](pid_t id) { return id == 99 ? std::nullopt : std::optional(id + 1000); });
  }

  FakePython python;
  Objects objects;
  std::uint64_t runtime = 0;
  std::uint64_t state = 0;
  std::vector<std::uint64_t> threads;
};

TEST(Interpreters, ThreadsHaveOurIds) {
  const FakeInterpreter fake(12, {5, 99, 6});
  const auto found = fake.read();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->threads.size(), 3u);
  EXPECT_EQ(found->threads[0].tid, 1005);
  EXPECT_EQ(found->threads[1].tid, std::nullopt) << "it does not live";
  EXPECT_EQ(found->threads[2].state, fake.threads[2]);
  EXPECT_EQ(found->all.size(), 1u);
  EXPECT_FALSE(found->cut);
}

TEST(Interpreters, ThreadsInACircleEnd) {
  FakeInterpreter fake(12, {5, 6});
  fake.python.word(fake.threads[1] + fake.python.layout.thread.next, fake.threads[0]);
  const auto found = fake.read();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->cut);
}

TEST(Interpreters, InterpretersInACircleEnd) {
  FakeInterpreter fake(12, {5});
  fake.python.word(fake.state + fake.python.layout.interpreter.next, fake.state);
  const auto found = fake.read();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->cut);
}

TEST(Interpreters, ThreadOfAnotherInterpreterEndsTheList) {
  FakeInterpreter fake(12, {5, 6});
  fake.python.word(fake.threads[1] + fake.python.layout.thread.interpreter, 0x1234);
  const auto found = fake.read();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->cut);
  EXPECT_EQ(found->threads.size(), 1u);
}

TEST(Interpreters, WhatIsLaidOutOtherwiseIsNone) {
  FakeInterpreter fake(12, {5});
  fake.python.word(fake.threads[0] + fake.python.layout.thread.interpreter, 0x1234);
  EXPECT_FALSE(fake.read());
  const FakeInterpreter no_threads(12, {});
  EXPECT_TRUE(no_threads.read()) << "an interpreter may have none for a moment";
  FakeInterpreter nowhere(12, {});
  nowhere.python.word(nowhere.runtime + nowhere.python.layout.runtime.interpreters, 0);
  EXPECT_FALSE(nowhere.read());
}

}  // namespace
}  // namespace kvtool::snapshot::python
