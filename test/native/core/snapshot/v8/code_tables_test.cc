#include "core/snapshot/v8/code_tables.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "core/snapshot/v8/byte_reader.h"

namespace kvtool::snapshot::v8 {
namespace {

std::vector<std::byte> bytes(const std::vector<unsigned>& values) {
  std::vector<std::byte> result;
  for (const unsigned value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

// Appends a number as V8 writes it.
void put(std::vector<std::byte>& table, std::uint64_t number) {
  do {
    const std::uint64_t rest = number >> 7;
    table.push_back(static_cast<std::byte>((number & 0x7f) | (rest != 0 ? 0x80 : 0)));
    number = rest;
  } while (number != 0);
}
std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::uint64_t position(std::uint64_t offset, std::uint64_t inlining) {
  return (offset + 1) << 1 | (inlining + 1) << 31;
}

TEST(ByteReader, ReadsNumbersOfVariableLength) {
  std::vector<std::byte> table;
  for (const std::uint64_t number : {0ull, 127ull, 128ull, 300ull, ~0ull}) put(table, number);
  ByteReader reader(table);
  EXPECT_EQ(reader.number(), 0u);
  EXPECT_EQ(reader.number(), 127u);
  EXPECT_EQ(reader.number(), 128u);
  EXPECT_EQ(reader.number(), 300u);
  EXPECT_EQ(reader.number(), ~0ull);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.number(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, ReadsBothKindsOfSigns) {
  EXPECT_EQ(ByteReader(bytes({5})).zigzag(), -3);
  EXPECT_EQ(ByteReader(bytes({6})).zigzag(), 3);
  EXPECT_EQ(ByteReader(bytes({5})).sign_and_amount(), -2);
  EXPECT_EQ(ByteReader(bytes({6})).sign_and_amount(), 3);
}

TEST(ByteReader, StopsInANumberThatDoesNotEnd) {
  const std::vector<std::byte> endless(20, std::byte{0xff});
  ByteReader reader(endless);
  EXPECT_EQ(reader.number(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(SourcePositions, TheLastEntryThatIsNotBehindCounts) {
  std::vector<std::byte> table;
  put(table, zigzag(1));  // from -1 to 0: a statement
  put(table, zigzag(static_cast<std::int64_t>(position(10, -1ull))));
  put(table, zigzag(-(7 + 1)));  // 7 on: an expression
  put(table, zigzag(2 * 5));
  put(table, zigzag(3));
  put(table, zigzag(2 * -8));
  const auto at = [&](std::int64_t offset) {
    return find_position(table, offset, PositionEncoding::zigzag)
        .value_or(SourcePosition{.offset = -2})
        .offset;
  };
  EXPECT_EQ(at(-1), -2);
  EXPECT_EQ(at(0), 10);
  EXPECT_EQ(at(6), 10);
  EXPECT_EQ(at(7), 15);
  EXPECT_EQ(at(9), 15);
  EXPECT_EQ(at(10), 7);
  EXPECT_EQ(at(100000), 7);
  EXPECT_EQ(find_position({}, 0, PositionEncoding::zigzag), std::nullopt);
}

TEST(SourcePositions, OfNewerVersionsHaveTwoBitsOfKind) {
  std::vector<std::byte> table;
  put(table, 1 << 2 | 3);
  put(table, zigzag(static_cast<std::int64_t>(position(10, 4))));
  put(table, 20 << 2 | 1);
  put(table, zigzag(2));
  const auto found = find_position(table, 3, PositionEncoding::tagged);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->offset, 10);
  EXPECT_EQ(found->inlining, 4);
  EXPECT_EQ(find_position(table, 20, PositionEncoding::tagged)->offset, 11);
}

TEST(BaselineCode, FindsTheBytecodeOfAReturnAddress) {
  const Constants& constants = *constants_of({12, 4});
  // Ldar (2 bytes), Wide Ldar (1 + 3), Return (1); the sizes are of the table.
  constexpr unsigned kLdar = 11;
  ASSERT_EQ(base36(constants.bytecode_bytes[0][kLdar]), 2u);
  ASSERT_EQ(base36(constants.bytecode_bytes[1][kLdar]), 3u);
  const auto code = bytes({kLdar, 1, 0, kLdar, 2, 0, kLdar, 3});
  const auto lengths = bytes({20, 5, 6, 7});
  const auto at = [&](std::int64_t pc) { return find_bytecode(lengths, code, pc, constants).value_or(-1); };
  EXPECT_EQ(at(20), 0) << "in the function's beginning";
  EXPECT_EQ(at(21), 0);
  EXPECT_EQ(at(25), 0) << "the call was the last of it";
  EXPECT_EQ(at(26), 2);
  EXPECT_EQ(at(32), 6);
  EXPECT_EQ(at(38), 6);
  EXPECT_EQ(at(39), -1) << "behind the code";
}

TEST(Safepoints, FindTheCallOfAReturnAddress) {
  // Two entries of: address (2 bytes), index + 1 (1), trampoline + 1 (2).
  const unsigned configuration = 1 | 2 << 4 | 1 << 7;
  const auto table = bytes({2, 0, 0, 0, configuration & 0xff, configuration >> 8, 0, 0,  //
                            0x34, 0x12, 0, 0, 0,                                         //
                            0x78, 0x56, 4, 0x01, 0x70});
  EXPECT_EQ(safepoint_table_bytes(table, kTurbofanSafepoints), table.size());
  const auto found = find_safepoint(table, 0x5678, kTurbofanSafepoints);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->deoptimization, 3);
  EXPECT_EQ(found->trampoline, 0x7000);
  EXPECT_EQ(find_safepoint(table, 0x1234, kTurbofanSafepoints)->deoptimization, -1);
  EXPECT_EQ(find_safepoint(table, 0x9999, kTurbofanSafepoints), std::nullopt);
}

TEST(CodeTables, OfGarbageGiveNothingAndEnd) {
  std::mt19937 random(7);
  const Constants& constants = *constants_of({14, 6});
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> table(random() % 200);
    for (std::byte& byte : table) byte = static_cast<std::byte>(random());
    const auto offset = static_cast<std::int64_t>(random() % 4096);
    find_position(table, offset, round % 2 != 0 ? PositionEncoding::tagged : PositionEncoding::zigzag);
    find_bytecode(table, table, offset, constants);
    find_safepoint(table, offset, round % 2 != 0 ? kTurbofanSafepoints : constants.maglev_safepoints);
  }
}

}  // namespace
}  // namespace kvtool::snapshot::v8
