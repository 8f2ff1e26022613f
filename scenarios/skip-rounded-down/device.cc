// skip-rounded-down (E4): a kernel that moves whole blocks, and a skip that ends inside of one.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 320, kBlock = 16, kForeign = 0;
constexpr const char* kOthers = "E4: tokens before skip are not written: other requests read their blocks";
constexpr const char* kLoaded = "E4: every token from skip on is loaded or computed again";

enum class Rounding { down, up, none };

std::int64_t rounded(std::int64_t skip, Rounding rounding) {
  if (rounding == Rounding::none) return skip;
  return (rounding == Rounding::down ? skip : skip + kBlock - 1) / kBlock * kBlock;
}

// Tokens of [begin, end) whose first row has the server's content now.
std::int64_t written(const Pages& found, const std::vector<std::int64_t>& slots, std::int64_t begin,
                     std::int64_t end) {
  std::int64_t count = 0;
  const std::int64_t row = found.shape.row_bytes();
  for (std::int64_t token = begin; token < end; ++token) {
    std::uint64_t code = 0;
    std::memcpy(&code,
                &found.tensors[0][static_cast<std::size_t>(slots[static_cast<std::size_t>(token)] * row)],
                sizeof code);
    const auto at = position_of(code);
    if (at && at->owner == Ground::kServer) ++count;
  }
  return count;
}

// The hits of the spec: a whole prompt hits, and the engine gives one token back.
Finding transfer_blocks(Device& device, Rounding rounding) {
  Finding finding;
  for (const std::int64_t skip : {300, 255, 257}) {
    Ground ground(device, small_cache(22), slots_from(16, kTokens), kForeign);
    require(device, ground.run(plan_of(ground.request(Direction::to_pages, rounded(skip, rounding)))),
            "load a chunk");
    const Pages found = ground.found_pages();
    const std::int64_t rewritten = written(found, ground.slots(), 0, skip);
    const std::int64_t missing = kTokens - skip - written(found, ground.slots(), skip, kTokens);
    finding.facts.emplace_back("rewritten at skip " + std::to_string(skip), rewritten);
    finding.facts.emplace_back("missing at skip " + std::to_string(skip), missing);
    if (rewritten > 0)
      finding.blame(kOthers, std::to_string(rewritten) + " tokens before skip " + std::to_string(skip) +
                                 " were written");
    if (missing > 0)
      finding.blame(kLoaded, std::to_string(missing) + " tokens from skip " + std::to_string(skip) +
                                 " on were not written");
  }
  return finding;
}

const Registration registration({
    .id = "skip-rounded-down",
    .family = "E4",
    .title = "a kernel of whole blocks rounds the skip down",
    .source = "https://github.com/LMCache/LMCache/pull/2671",
    .variants = {{.name = "buggy",
                  .what = "the skip is rounded down to a block: a shared block is rewritten in part",
                  .expect = Outcome::violation,
                  .begins =
                      "E4: tokens before skip are not written: other requests read their blocks: 12 tokens",
                  .run = [](Device& device) { return transfer_blocks(device, Rounding::down); }},
                 {.name = "rounded-up",
                  .what = "rounded up, and the engine does not compute the rest of the block again",
                  .expect = Outcome::violation,
                  .begins = "E4: every token from skip on is loaded or computed again: 4 tokens",
                  .run = [](Device& device) { return transfer_blocks(device, Rounding::up); }},
                 {.name = "fixed",
                  .what = "the kernel skips by tokens",
                  .run = [](Device& device) { return transfer_blocks(device, Rounding::none); }}},
});

}  // namespace
}  // namespace kvtool::cells
