// duplicate-blocks (E5): a request that waits for remote KV is bound to its blocks twice.
#include <set>

#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kBlock = 16, kBlocksOfChunk = 2, kFirstBlock = 1, kForeign = 0;
constexpr const char* kList = "E5: the connector's list of blocks is the scheduler's, without duplicates";

using Blocks = std::vector<std::int64_t>;

// The connector's side. The engine calls it when it allocates, and again when the loaded request is
// scheduled, each time with all blocks that the request has.
void take_blocks(Blocks& bound, const Blocks& all, bool appends) {
  if (!appends) bound.clear();
  bound.insert(bound.end(), all.begin(), all.end());
}

// Chunk k of the request goes to blocks [k * n, k * n + n) of the list.
Finding retrieve(Device& device, bool appends, bool reports) {
  const Blocks first{kFirstBlock, kFirstBlock + 1, kFirstBlock + 2, kFirstBlock + 3};
  Blocks scheduler = first;
  Blocks bound;
  take_blocks(bound, first, appends);
  scheduler.insert(scheduler.end(), {kFirstBlock + 4, kFirstBlock + 5});
  take_blocks(bound, scheduler, appends);

  Finding finding{.facts = {{"blocks bound", static_cast<std::int64_t>(bound.size())},
                            {"blocks of the request", static_cast<std::int64_t>(scheduler.size())}}};
  const bool has_duplicates = std::set<std::int64_t>(bound.begin(), bound.end()).size() != bound.size();
  if (reports && (has_duplicates || bound != scheduler)) return finding;  // refused: nothing is written

  const std::int64_t chunks = static_cast<std::int64_t>(scheduler.size()) / kBlocksOfChunk;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    std::vector<std::int64_t> meant, used;
    for (std::int64_t i = 0; i < kBlocksOfChunk * kBlock; ++i) {
      const auto block = static_cast<std::size_t>(chunk * kBlocksOfChunk + i / kBlock);
      meant.push_back(scheduler[block] * kBlock + i % kBlock);
      used.push_back(bound[block] * kBlock + i % kBlock);
    }
    Ground ground(device, small_cache(8), used, kForeign);
    require(device, ground.run(plan_of(ground.request(Direction::to_pages))), "load a chunk");
    Pages expected = ground.pages;
    expect_in_pages(expected, meant, 0, Ground::kServer);
    const auto difference = find_difference(ground.found_pages(), expected);
    if (difference) finding.blame(kList, "chunk " + std::to_string(chunk) + ", " + difference->message);
  }
  return finding;
}

const Registration registration({
    .id = "duplicate-blocks",
    .family = "E5",
    .title = "a request's blocks are bound twice",
    .source = "https://github.com/vllm-project/vllm/pull/35831",
    .variants = {{.name = "buggy",
                  .what = "the second call appends all blocks again: later chunks go to the wrong ones",
                  .expect = Outcome::violation,
                  .begins =
                      "E5: the connector's list of blocks is the scheduler's, without duplicates: chunk 2",
                  .run = [](Device& device) { return retrieve(device, true, false); }},
                 {.name = "checked",
                  .what = "a list with duplicates, or another one than the scheduler's, is refused",
                  .run = [](Device& device) { return retrieve(device, true, true); }},
                 {.name = "fixed",
                  .what = "the second call replaces the list",
                  .run = [](Device& device) { return retrieve(device, false, false); }}},
});

}  // namespace
}  // namespace kvtool::cells
