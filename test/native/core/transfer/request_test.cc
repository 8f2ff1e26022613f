// What is refused before anything is launched, and in which words.
#include <gtest/gtest.h>

#include <limits>

#include "caches.h"

namespace kvtool::transfer {
namespace {

using test::HostCache;
using test::small_shape;

class RequestTest : public testing::Test {
 protected:
  HostCache cache{small_shape(Format::nl_x_two_nb_bs_nh_hs, Dtype::bf16), {0, 1, -1, 3}};
  Request request = cache.request(Direction::to_pages);

  std::string fault() {
    const auto found = find_fault(request);
    return found ? found->message() : "";
  }
};

TEST_F(RequestTest, NothingIsWrongWithARightOne) { EXPECT_EQ(fault(), ""); }

TEST_F(RequestTest, SkipIsBelowTheTokensAndNotNegative) {
  request.skip = 3;
  EXPECT_EQ(fault(), "");
  for (const std::int64_t skip : {-1, 4, 5}) {
    request.skip = skip;
    EXPECT_EQ(fault(),
              "skip_prefix_n_tokens: found " + std::to_string(skip) + ", expected 0 <= skip < tokens (4)");
  }
}

TEST_F(RequestTest, TheMappingHasASlotForEveryToken) {
  request.slots = std::span(cache.slots).first(3);
  EXPECT_EQ(fault(), "slot_mapping: found 3 slots, expected 4 or more, one a token");
}

TEST_F(RequestTest, EverySlotIsInTheCacheOrNegative) {
  cache.slots[1] = 20;
  EXPECT_EQ(fault(), "slot_mapping[1]: found 20, expected below 20, or negative to leave the token");
  cache.slots[1] = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(fault(), "");
  // Slots of tokens that are skipped are not read.
  cache.slots[0] = 20;
  request.skip = 1;
  EXPECT_EQ(fault(), "");
}

TEST_F(RequestTest, NoTwoTokensAreWrittenToOneSlot) {
  cache.slots[3] = 1;
  EXPECT_EQ(fault(), "slot_mapping[3]: found slot 1, expected a slot of its own: token 1 is written there");
  request.direction = Direction::to_buffer;
  EXPECT_EQ(fault(), "");
}

TEST_F(RequestTest, PointersAreThereAndAlignedToTheElement) {
  request.buffer = nullptr;
  EXPECT_EQ(fault(), "key_value: found null, expected memory of the device");
  request.buffer = cache.buffer.bytes.data() + 1;
  EXPECT_NE(fault().find("expected a multiple of 2 bytes"), std::string::npos) << fault();
  request.buffer = cache.buffer.bytes.data();
  cache.pointers[2] = nullptr;
  EXPECT_EQ(fault(), "key_value_ptrs[2]: found null, expected memory of the device");
  request.pages = std::span(cache.pointers).first(2);
  EXPECT_EQ(fault(), "key_value_ptrs: found 2 pointers, expected 3 for NL_X_TWO_NB_BS_NH_HS");
}

TEST_F(RequestTest, SidesAreAsLargeAsTheirShape) {
  request.buffer_bytes -= 1;
  EXPECT_EQ(fault(), "key_value: found 767 bytes, expected 768 bytes for 4 tokens");
  request.page_bytes -= 1;
  EXPECT_EQ(fault(), "page_buffer_size: found 1279 bytes, expected 1280 bytes a tensor");
}

TEST_F(RequestTest, ShapesAreInRange) {
  request.shape.layers = 0;
  EXPECT_EQ(fault(), "layers: found 0, expected 1 or more");
  request.shape.layers = 70000;
  EXPECT_EQ(fault(), "layers: found 70000, expected at most 65535, a dimension of the grid");
  request.shape.layers = std::int64_t{1} << 40;
  request.shape.blocks = std::int64_t{1} << 40;
  EXPECT_EQ(fault(), "blocks: found 1099511627776, expected a cache of fewer than 2^63 bytes");
  request.shape = small_shape(Format::nl_x_nb_bs_hs, Dtype::bf16);
  request.shape.heads = 2;
  EXPECT_EQ(fault(), "heads: found 2, expected 1, as NL_X_NB_BS_HS has no heads");
  request.shape = cache.pages.shape;
  request.shape.format = static_cast<Format>(10);
  EXPECT_EQ(fault(), "format: found 10, expected 0 to 9");
}

TEST_F(RequestTest, RowsCanBeCountedByAGrid) {
  request.tokens = std::int64_t{1} << 31;
  EXPECT_NE(fault().find("tokens: found 2147483648, expected fewer than 2^31 rows"), std::string::npos)
      << fault();
  request.tokens = 0;
  EXPECT_EQ(fault(), "tokens: found 0, expected 1 or more");
}

TEST(ShapeNames, AreReadByNumberAndByName) {
  EXPECT_EQ(parse_format("6"), Format::nl_x_two_nb_nh_bs_hs);
  EXPECT_EQ(parse_format("nl_x_two_nb_nh_bs_hs"), Format::nl_x_two_nb_nh_bs_hs);
  EXPECT_EQ(parse_format("10"), std::nullopt);
  EXPECT_EQ(parse_dtype("BF16"), Dtype::bf16);
  EXPECT_EQ(parse_dtype("int8"), std::nullopt);
}

}  // namespace
}  // namespace kvtool::transfer
