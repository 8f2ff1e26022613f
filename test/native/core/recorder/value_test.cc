#include "core/recorder/value.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace kvtool {
namespace {

TEST(Value, TakesTheTypeOfWhatItIsMadeFrom) {
  EXPECT_EQ(type_of(Value{}), ValueType::none);
  EXPECT_EQ(type_of(Value{true}), ValueType::boolean);
  EXPECT_EQ(type_of(Value{1}), ValueType::integer);
  EXPECT_EQ(type_of(Value{std::int64_t{1} << 62}), ValueType::integer);
  EXPECT_EQ(type_of(Value{1.0}), ValueType::real);
  EXPECT_EQ(type_of(Value{BigInteger{"9223372036854775808"}}), ValueType::big_integer);
  EXPECT_EQ(type_of(Value{Nested{"[1]"}}), ValueType::nested);
}

// Before C++20 a string literal became a bool here.
TEST(Value, TakesALiteralAsText) { EXPECT_EQ(type_of(Value{"text"}), ValueType::text); }

TEST(Value, RefusesIntegersThatMayNotFit) { EXPECT_FALSE((std::is_constructible_v<Value, std::uint64_t>)); }

TEST(Value, TellsEqualLookingValuesOfDifferentTypesApart) {
  EXPECT_NE(Value{true}, Value{1});
  EXPECT_NE(Value{1}, Value{1.0});
  EXPECT_NE(Value{"1"}, Value{BigInteger{"1"}});
  EXPECT_NE(Value{"[1]"}, Value{Nested{"[1]"}});
}

}  // namespace
}  // namespace kvtool
