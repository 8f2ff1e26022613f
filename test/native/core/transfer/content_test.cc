// What wrong bytes are told to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "caches.h"

namespace kvtool::transfer {
namespace {

using test::HostCache;
using test::small_shape;

TEST(Content, ACodeSaysItsPosition) {
  const Position at{.owner = 255, .kv = 1, .layer = 511, .index = (1 << 26) - 1, .head = 255};
  EXPECT_EQ(position_of(code_of(at, 1023)), at);
  EXPECT_EQ(position_of(code_of({}, 0)), Position{});
}

TEST(Content, EveryHeadOfEveryFormatHasAPositionOfItsOwn) {
  for (int format = 0; format < kFormats; ++format) {
    Pages pages(small_shape(static_cast<Format>(format), Dtype::fp8));  // heads of 8 bytes: one code
    pages.fill(0);
    std::vector<std::uint64_t> codes;
    for (const auto& tensor : pages.tensors)
      for (std::size_t offset = 0; offset < tensor.size(); offset += 8) {
        std::uint64_t code = 0;
        std::memcpy(&code, &tensor[offset], sizeof code);
        codes.push_back(code);
      }
    std::sort(codes.begin(), codes.end());
    EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end())
        << name(static_cast<Format>(format));
  }
}

TEST(Content, ADifferenceNamesTheFirstWrongRowAndWhoseBytesItHas) {
  const Shape shape = small_shape(Format::nl_x_two_nb_bs_nh_hs, Dtype::bf16);
  HostCache cache(shape, {4, 5, 6}), expected(shape, {4, 5, 6});
  run_on_host(make_unchecked_plan(cache.request(Direction::to_buffer)));
  expect_in_buffer(expected.buffer, expected.slots, 0, 1);
  ASSERT_FALSE(find_difference(cache.buffer, expected.buffer));
  // Head 1 of token 2 of layer 1, V, gets what belongs to slot 9.
  const auto row = static_cast<std::size_t>(((1 * 3 + 1) * 3 + 2) * shape.row_bytes() + shape.head_bytes());
  write_head(&cache.buffer.bytes[row], 16, {.owner = 1, .kv = 1, .layer = 1, .index = 9, .head = 1});
  const auto difference = find_difference(cache.buffer, expected.buffer);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->at, (Position{.owner = 0, .kv = 1, .layer = 1, .index = 2, .head = 1}));
  EXPECT_EQ(difference->message.substr(0, 36), "layer 1, token 2, head 1 of V, byte ");
  EXPECT_NE(difference->message.find("found layer 1, row 9, head 1 of V, owner 1; expected layer 1, row 6"),
            std::string::npos)
      << difference->message;
}

}  // namespace
}  // namespace kvtool::transfer
