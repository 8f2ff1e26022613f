// What a transfer moves, over all formats, dtypes, directions and skips, against what positions say.
#include <gtest/gtest.h>

#include <algorithm>

#include "caches.h"

namespace kvtool::transfer {
namespace {

using test::backward_slots;
using test::HostCache;
using test::small_shape;

struct Kind {
  Format format;
  Dtype dtype;
};

class TransferTest : public testing::TestWithParam<int> {
 protected:
  static Kind kind() {
    return {static_cast<Format>(GetParam() / kDtypes), static_cast<Dtype>(GetParam() % kDtypes)};
  }
};

std::string kind_name(const testing::TestParamInfo<int>& info) {
  return std::string(name(static_cast<Format>(info.param / kDtypes))) + "_" +
         std::string(name(static_cast<Dtype>(info.param % kDtypes)));
}
INSTANTIATE_TEST_SUITE_P(All, TransferTest, testing::Range(0, kFormats* kDtypes), kind_name);

void move(HostCache& cache, Direction direction, std::int64_t skip) {
  const auto plan = make_plan(cache.request(direction, skip));
  ASSERT_TRUE(std::holds_alternative<Plan>(plan)) << std::get<InvalidArgument>(plan).message();
  run_on_host(std::get<Plan>(plan));
}

std::string text(const std::optional<Difference>& difference) {
  return difference ? difference->message : "";
}

TEST_P(TransferTest, MovesWhatIsAskedForAndNothingElse) {
  for (const std::int64_t elements : {1, 3, 8, 64}) {
    const Shape shape = small_shape(kind().format, kind().dtype, elements);
    constexpr std::int64_t kTokens = 17;
    const auto slots = backward_slots(shape, kTokens);
    for (std::int64_t skip = 0; skip < kTokens; ++skip) {
      HostCache out(shape, slots), expected_out(shape, slots);
      move(out, Direction::to_buffer, skip);
      expect_in_buffer(expected_out.buffer, slots, skip, 1);
      EXPECT_EQ(text(find_difference(out.buffer, expected_out.buffer)), "") << "skip " << skip;
      EXPECT_EQ(text(find_difference(out.pages, expected_out.pages)), "") << "skip " << skip;

      HostCache in(shape, slots), expected_in(shape, slots);
      move(in, Direction::to_pages, skip);
      expect_in_pages(expected_in.pages, slots, skip, 2);
      EXPECT_EQ(text(find_difference(in.pages, expected_in.pages)), "") << "skip " << skip;
      EXPECT_EQ(text(find_difference(in.buffer, expected_in.buffer)), "") << "skip " << skip;
    }
  }
}

TEST_P(TransferTest, ARoundTripLeavesThePagesAsTheyWere) {
  const Shape shape = small_shape(kind().format, kind().dtype);
  HostCache cache(shape, backward_slots(shape, 20)), before(shape, backward_slots(shape, 20));
  move(cache, Direction::to_buffer, 0);
  // The rows that moved out come back over rubbish; the others were never touched.
  Pages rubbish(shape);
  rubbish.fill(3);
  for (std::size_t tensor = 0; tensor < rubbish.tensors.size(); ++tensor) {
    const auto head = static_cast<std::size_t>(shape.head_bytes());
    for (std::size_t offset = 0; offset < rubbish.tensors[tensor].size(); offset += head) {
      const std::int64_t slot = rubbish.position_at(tensor, static_cast<std::int64_t>(offset)).index;
      if (std::count(cache.slots.begin(), cache.slots.end(), slot) > 0)
        std::copy_n(&rubbish.tensors[tensor][offset], head, &cache.pages.tensors[tensor][offset]);
    }
  }
  ASSERT_TRUE(find_difference(cache.pages, before.pages));
  move(cache, Direction::to_pages, 0);
  EXPECT_EQ(text(find_difference(cache.pages, before.pages)), "");
}

TEST(TransferOffsets, KeepCountingPastThirtyTwoBits) {
  // One layer whose K and V are 2^31 units of 8 bytes each side of the boundary.
  constexpr std::int64_t kUnits = std::int64_t{1} << 31, kRowUnits = 256;
  for (const std::int64_t more : {-1, 0, 1}) {
    const Shape shape{
        Format::nl_x_two_nb_bs_nh_hs, Dtype::bf16, 1, kUnits / kRowUnits / 16 + more, 16, 8, 128};
    const PageStrides at = page_strides(shape);
    EXPECT_EQ(page_offset(at, 0, 0, shape.slots() - 1), (shape.slots() - 1) * kRowUnits * 8);
    EXPECT_EQ(page_offset(at, 1, 0, shape.slots() - 1), (2 * shape.slots() - 1) * kRowUnits * 8);
  }
}

TEST(TransferPlan, UsesTheWidestUnitThatEveryAddressIsAMultipleOf) {
  const auto unit = [](std::int64_t elements, std::size_t misaligned) {
    const Shape shape = small_shape(Format::nl_x_two_nb_bs_nh_hs, Dtype::fp8, elements);
    HostCache cache(shape, {0});
    Request request = cache.request(Direction::to_buffer);
    alignas(16) static unsigned char memory[64];
    request.buffer = memory + misaligned;
    std::vector<unsigned char*> pages(cache.pointers.size(), memory);
    request.pages = pages;
    return make_unchecked_plan(request).unit;
  };
  EXPECT_EQ(unit(8, 0), 16u);  // rows of two heads
  EXPECT_EQ(unit(4, 0), 8u);
  EXPECT_EQ(unit(2, 0), 4u);
  EXPECT_EQ(unit(3, 0), 2u);
  EXPECT_EQ(unit(8, 8), 8u);
  EXPECT_EQ(unit(8, 1), 1u);
}

TEST(TransferPlan, HasNoGridForNoTokenOrLessThanNone) {
  HostCache cache(small_shape(Format::nl_x_nb_bs_hs, Dtype::bf16), {0, 1, 2});
  EXPECT_TRUE(has_grid(make_unchecked_plan(cache.request(Direction::to_pages, 2))));
  EXPECT_FALSE(has_grid(make_unchecked_plan(cache.request(Direction::to_pages, 3))));
  EXPECT_FALSE(has_grid(make_unchecked_plan(cache.request(Direction::to_pages, 4))));
}

}  // namespace
}  // namespace kvtool::transfer
