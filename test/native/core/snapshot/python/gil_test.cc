#include "core/snapshot/python/gil.h"

#include <gtest/gtest.h>

#include "fake_python.h"

namespace kvtool::snapshot::python {
namespace {

constexpr std::uint64_t kGilBytes = 208;

std::uint64_t make_gil(FakePython& python, std::int32_t locked, std::uint64_t holder) {
  const std::uint64_t address = python.allocate(kGilBytes);
  python.word(address + 8, holder);
  python.integer(address + 16, locked);
  python.word(address + 24, 42);
  return address;
}

TEST(Gil, StateIsRead) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  const GilState held{.locked = 1, .holder = 0x1234, .switches = 42};
  EXPECT_EQ(read_gil_state(objects, make_gil(python, 1, 0x1234)), held);
  EXPECT_EQ(read_gil_state(objects, make_gil(python, 7, 0x1234)), std::nullopt) << "this is none";
  EXPECT_EQ(read_gil_state(objects, 8), std::nullopt);
}

TEST(Gil, WordsAreThoseThatThreadsSleepOn) {
  const Gil gil{.address = 0x1000};
  EXPECT_FALSE(gil.has_word(0x1000 + 16)) << "`locked` is no futex";
  for (const std::uint64_t word : {32u + 40u, 32u + 44u, 80u, 120u + 40u, 168u})
    EXPECT_TRUE(gil.has_word(0x1000 + word)) << word;
  EXPECT_FALSE(gil.has_word(0x1000 + kGilBytes));
}

TEST(Gil, InterpretersThatShareOneHaveItOnce) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  const std::uint64_t shared = make_gil(python, 0, 0);
  const std::uint64_t own = make_gil(python, 0, 0);
  std::vector<Interpreter> interpreters;
  for (const auto& [id, gil] : {std::pair(2, own), std::pair(1, shared), std::pair(0, shared)}) {
    interpreters.push_back({.state = python.allocate(512), .id = id});
    python.word(interpreters.back().state + python.layout.interpreter.gil, gil);
  }
  const auto gils = find_gils(objects, 0, interpreters);
  ASSERT_EQ(gils.size(), 2u);
  EXPECT_EQ(gils[0].name, "GIL#2");
  EXPECT_EQ(gils[0].address, own);
  EXPECT_EQ(gils[1].name, "GIL");
  EXPECT_EQ(gils[1].address, shared);
}

TEST(Gil, ToPython311ThereIsOneForTheProcess) {
  FakePython python(11);
  const Objects objects(python.memory, python.layout);
  const std::uint64_t runtime = python.allocate(1024);
  const auto gils = find_gils(objects, runtime, {{.state = 1, .id = 0}, {.state = 2, .id = 1}});
  ASSERT_EQ(gils.size(), 1u);
  EXPECT_EQ(gils[0].name, "GIL");
  EXPECT_EQ(gils[0].address, runtime + python.layout.runtime.gil);
}

}  // namespace
}  // namespace kvtool::snapshot::python
