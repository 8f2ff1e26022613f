#include "core/snapshot/python/line_table.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace kvtool::snapshot::python {
namespace {

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

// Offset of an instruction and its line, as CPython's own dis module says.
using Lines = std::vector<std::pair<std::uint64_t, int>>;

void expect_lines(LineStyle style, const std::string& table, const Lines& lines) {
  for (const auto& [offset, line] : lines) EXPECT_EQ(line_at(style, table, 1, offset), line) << offset;
}

// The tables are of one function, compiled by each version: a list over several lines, whose lines go back,
// then 200 empty lines, then a line with 250 bytes of code.
TEST(LineTable, Python39) {
  const std::string table = from_hex("00020201020102ff02fe047f004e0601f0010c01020102ff");
  expect_lines(LineStyle::increments, table,
               {{0, 3},
                {2, 4},
                {4, 5},
                {6, 4},
                {8, 2},
                {10, 2},
                {12, 207},
                {18, 208},
                {256, 208},
                {258, 209},
                {270, 210},
                {272, 211},
                {274, 210},
                {276, 210}});
}

TEST(LineTable, Python310) {
  const std::string table = from_hex("02020201020102ff04fe007f044ef0010a010201020104ff");
  expect_lines(LineStyle::ranges, table,
               {{0, 3},
                {2, 4},
                {4, 5},
                {6, 4},
                {8, 2},
                {10, 2},
                {12, 207},
                {16, 208},
                {254, 208},
                {256, 209},
                {266, 210},
                {268, 211},
                {270, 210},
                {272, 210}});
}

TEST(LineTable, Python311) {
  // Its beginning: up to the 12th entry.
  const std::string table = from_hex("8000e00809dd0809d80c0df10301090ff40001090ff0050409068041f05a060008");
  expect_lines(LineStyle::locations, table,
               {{0, 1}, {2, 3}, {4, 4}, {14, 4}, {16, 5}, {18, 4}, {22, 4}, {32, 2}, {34, 2}, {36, 207}});
}

TEST(LineTable, InstructionWithoutLineHasNone) {
  constexpr std::string_view k310{"\x02\x80\x02\x01", 4};
  EXPECT_EQ(line_at(LineStyle::ranges, k310, 5, 0), std::nullopt);
  EXPECT_EQ(line_at(LineStyle::ranges, k310, 5, 2), 6);
  constexpr std::string_view k311{"\xf8\xe8\x02", 3};
  EXPECT_EQ(line_at(LineStyle::locations, k311, 5, 0), std::nullopt);
  EXPECT_EQ(line_at(LineStyle::locations, k311, 5, 2), 6);
}

TEST(LineTable, OffsetBehindTheTableHasNoLine) {
  EXPECT_EQ(line_at(LineStyle::ranges, "", 5, 0), std::nullopt);
  EXPECT_EQ(line_at(LineStyle::locations, "", 5, 0), std::nullopt);
  EXPECT_EQ(line_at(LineStyle::increments, "", 5, 100), 5) << "the last entry holds to the end";
}

TEST(LineTable, GarbageGivesSomethingOrNothing) {
  std::uint32_t random = 1;
  for (int run = 0; run < 2000; ++run) {
    std::string table(static_cast<std::size_t>(run % 67), '\0');
    for (char& byte : table) byte = static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
    for (const LineStyle style : {LineStyle::increments, LineStyle::ranges, LineStyle::locations})
      EXPECT_GE(line_at(style, table, 1, random % 100).value_or(0), 0);
  }
}

}  // namespace
}  // namespace kvtool::snapshot::python
