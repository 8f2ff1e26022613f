// layout-mix (E8): the writer of pages and their reader disagree on the layout.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 40, kForeign = 0;
constexpr const char* kSame = "E8: what is stored with one layout is read with the same";

// The engine keeps its pages as `of_pages`; the transfer takes them for `of_transfer`.
Finding store(Device& device, Format of_pages, Format of_transfer) {
  Shape shape = small_cache(5);
  shape.format = of_pages;
  Ground ground(device, shape, slots_from(16, kTokens), kForeign);
  Request request = ground.request(Direction::to_buffer);
  request.shape.format = of_transfer;
  require(device, ground.run(plan_of(request)), "store a chunk");
  Finding finding;
  finding.blame(kSame, ground.fault_in_buffer(0));
  return finding;
}

Variant mixed(const char* name, const char* what, Format of_pages, Format of_transfer) {
  return {.name = name,
          .what = what,
          .expect = Outcome::violation,
          .begins = "E8: what is stored with one layout is read with the same: layer 0, token ",
          .run = [=](Device& device) { return store(device, of_pages, of_transfer); }};
}

// All layouts with themselves.
Finding store_each(Device& device) {
  for (int format = 0; format < kFormats; ++format) {
    if (is_mla(static_cast<Format>(format))) continue;  // the small cache has heads
    Finding finding = store(device, static_cast<Format>(format), static_cast<Format>(format));
    if (finding.outcome != Outcome::ok) return finding;
  }
  return {};
}

const Registration registration({
    .id = "layout-mix",
    .family = "E8",
    .title = "the reader of a cache takes it for another layout",
    .source = "https://github.com/LMCache/LMCache/pull/2671",
    .variants = {mixed("buggy", "blocks of K and V together (2) are read as all K, then all V (1)",
                       Format::nl_x_nb_two_bs_nh_hs, Format::nl_x_two_nb_bs_nh_hs),
                 mixed("hnd", "heads before slots (6) are read as slots before heads (1)",
                       Format::nl_x_two_nb_nh_bs_hs, Format::nl_x_two_nb_bs_nh_hs),
                 mixed("hnd-flashinfer", "the same in blocks of K and V together (7 as 2)",
                       Format::nl_x_nb_two_nh_bs_hs, Format::nl_x_nb_two_bs_nh_hs),
                 {.name = "fixed", .what = "both sides use one layout, whichever it is", .run = store_each}},
});

}  // namespace
}  // namespace kvtool::cells
