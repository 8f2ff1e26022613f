#include "core/snapshot/python/exception_table.h"

#include <gtest/gtest.h>

#include <string>

namespace kvtool::snapshot::python {
namespace {

// Of a `with` around a `try` around another `with`, from CPython 3.13. dis shows: 6 to 8 -> 230 [1] lasti; 10
// to 30 -> 144 [1]; ...; 34 to 56 -> 110 [2] lasti.
const std::string kTable{"\x83\x01\x41\x33\x03\x85\x0a\x41\x08\x02\x8f\x02\x41\x33\x03\x91\x0b\x37\x05", 19};

TEST(ExceptionTable, DepthIsThatOfTheHandlerOfTheInstruction) {
  EXPECT_EQ(handler_depth(kTable, 6), 1u);
  EXPECT_EQ(handler_depth(kTable, 10), 1u);
  EXPECT_EQ(handler_depth(kTable, 28), 1u);
  EXPECT_EQ(handler_depth(kTable, 34), 2u);
  EXPECT_EQ(handler_depth(kTable, 54), 2u);
}

TEST(ExceptionTable, InstructionWithoutHandlerHasNoDepth) {
  EXPECT_EQ(handler_depth(kTable, 0), std::nullopt);
  EXPECT_EQ(handler_depth(kTable, 8), std::nullopt);
  EXPECT_EQ(handler_depth(kTable, 56), std::nullopt);
  EXPECT_EQ(handler_depth("", 0), std::nullopt);
}

TEST(ExceptionTable, GarbageEnds) {
  std::uint32_t random = 7;
  for (int run = 0; run < 2000; ++run) {
    std::string table(static_cast<std::size_t>(run % 61), '\0');
    for (char& byte : table) byte = static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
    static_cast<void>(handler_depth(table, random % 1000));
  }
}

}  // namespace
}  // namespace kvtool::snapshot::python
