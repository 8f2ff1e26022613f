#include "core/snapshot/v8/translation.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace kvtool::snapshot::v8 {
namespace {

// A small language: 0, 1 interpreted frames (3 operands), 2 a builtin's (2), 3 a register (1), 4 beginning
// (3), 5 as in an earlier translation (1).
constexpr Translation kFormat{.operand_counts = "332131",
                              .interpreted_with_return = 0,
                              .interpreted_without_return = 1,
                              .builtin_continuation = 2,
                              .builtin_continuation_with_catch = -1};
constexpr int kOpcodes = 6;

unsigned plus(unsigned value) { return value << 1; }

std::vector<std::byte> bytes(const std::vector<unsigned>& values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

std::vector<unsigned> literals(const std::vector<TranslatedFrame>& frames) {
  std::vector<unsigned> result;
  for (const TranslatedFrame& frame : frames) result.push_back(static_cast<unsigned>(frame.literal));
  return result;
}

TEST(Translation, ListsFramesOutermostFirst) {
  const auto table = bytes({4, 0, plus(3), plus(3),         //
                            0, plus(50), plus(7), plus(9),  //
                            3, plus(1),                     //
                            2, plus(1), plus(8),            //
                            1, plus(60), plus(5), plus(9)});
  const auto frames = read_translation(table, 0, kFormat);
  EXPECT_EQ(literals(frames), (std::vector<unsigned>{7, 8, 5}));
  EXPECT_EQ(frames[0].bytecode_offset, 50);
  EXPECT_FALSE(frames[0].builtin);
  EXPECT_TRUE(frames[1].builtin);
  EXPECT_EQ(frames[2].bytecode_offset, 60);
}

TEST(Translation, TakesInstructionsFromAnEarlierOne) {
  auto table = bytes({4, 0, plus(2), plus(2),         //
                      0, plus(50), plus(7), plus(9),  //
                      3, plus(1),                     //
                      0, plus(60), plus(5), plus(9)});
  const auto second = static_cast<unsigned>(table.size());
  // Its first frame is its own. It stands for the earlier one's first; the next two are as there.
  const auto more = bytes({4, second, plus(2), plus(2),    //
                           0, plus(51), plus(7), plus(9),  //
                           kOpcodes + 2});
  table.insert(table.end(), more.begin(), more.end());
  // The same with the longer form of "as there".
  const auto third = static_cast<unsigned>(table.size());
  const auto longer = bytes({4, third, plus(2), plus(2), 0, plus(52), plus(7), plus(9), 5, 2});
  table.insert(table.end(), longer.begin(), longer.end());

  for (const unsigned index : {second, third}) {
    const auto frames = read_translation(table, index, kFormat);
    EXPECT_EQ(literals(frames), (std::vector<unsigned>{7, 5})) << index;
    EXPECT_EQ(frames.at(1).bytecode_offset, 60);
  }
  EXPECT_EQ(read_translation(table, third, kFormat).at(0).bytecode_offset, 52);
}

TEST(Translation, OfWhichAPartIsMissingIsNone) {
  const auto table = bytes({4, 0, plus(2), plus(2), 0, plus(50), plus(7), plus(9)});
  EXPECT_TRUE(read_translation(table, 0, kFormat).empty());
  EXPECT_TRUE(read_translation(table, 100, kFormat).empty());
  EXPECT_TRUE(read_translation({}, 0, kFormat).empty());
  EXPECT_TRUE(read_translation(bytes({4, 0, plus(1), plus(1), kOpcodes + 1}), 0, kFormat).empty())
      << "no earlier one";
}

TEST(Translation, OfGarbageEnds) {
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> table(random() % 300 + 1);
    for (std::byte& byte : table) byte = static_cast<std::byte>(random() % (round % 2 != 0 ? 256 : 12));
    for (const int major : {11, 12, 13, 14}) {
      const Constants* constants = constants_of({major, major == 11 ? 3 : major == 12 ? 4 : 6});
      EXPECT_LE(read_translation(table, random() % table.size(), constants->translation).size(), 256u);
    }
  }
}

}  // namespace
}  // namespace kvtool::snapshot::v8
