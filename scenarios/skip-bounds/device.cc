// skip-bounds (E2): a skip that is not inside of the chunk, and launches that nobody checks.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kChunk = 32, kForeign = 0;
constexpr const char* kLoaded = "E2: a retrieve loads the rows from skip on, and no others";

// The launch of one chunk with a skip as it comes.
Finding unchecked(Device& device, std::int64_t skip) {
  Ground ground(device, small_cache(6), slots_from(32, kChunk), kForeign);
  const Status status = ground.run(make_unchecked_plan(ground.request(Direction::to_pages, skip)));
  Finding finding{.facts = {{"skip", skip}, {"tokens", kChunk}, {"launch status", static_cast<int>(status)}}};
  // What the caller meant: a skip below zero skips nothing, one of the whole chunk or more was cut off a
  // longer prompt's, and the rest must still come.
  const std::int64_t meant = skip < 0 ? 0 : skip % kChunk;
  std::string fault = ground.fault_in_pages(meant);
  if (!fault.empty() && status != Status::ok)
    fault = "the launch failed (" + std::string(to_string(status)) + ") and nobody looked; " + fault;
  finding.blame(kLoaded, fault);
  return finding;
}

// A request of three chunks whose first tokens the engine has. By the rule, or with the request's skip for
// each chunk.
Finding request_wide(Device& device, bool by_chunk) {
  constexpr std::int64_t kSkip = 40, kChunks = 3;
  Finding finding{.facts = {{"skip", kSkip}, {"chunks", kChunks}}};
  for (std::int64_t chunk = 0; chunk < kChunks; ++chunk) {
    const std::int64_t begin = chunk * kChunk, meant = std::clamp<std::int64_t>(kSkip - begin, 0, kChunk);
    Ground ground(device, small_cache(7), slots_from(16 + begin, kChunk), kForeign);
    if (!by_chunk)
      (void)ground.run(make_unchecked_plan(ground.request(Direction::to_pages, kSkip)));
    else if (meant < kChunk)  // chunks that lie wholly inside of the skip are dropped
      require(device, ground.run(plan_of(ground.request(Direction::to_pages, meant))), "load a chunk");
    std::string fault = meant == kChunk ? "" : ground.fault_in_pages(meant);
    if (!fault.empty()) fault = "chunk " + std::to_string(chunk) + ", " + fault;
    finding.blame(kLoaded, fault);
  }
  return finding;
}

// The same numbers through the check.
Finding checked(Device& device) {
  Finding finding;
  std::int64_t refused = 0;
  for (const std::int64_t skip : {-2L, kChunk, kChunk + 8}) {
    Ground ground(device, small_cache(6), slots_from(32, kChunk), kForeign);
    const auto made = make_plan(ground.request(Direction::to_pages, skip));
    const auto* const fault = std::get_if<InvalidArgument>(&made);
    if (fault != nullptr && fault->argument == "skip_prefix_n_tokens")
      ++refused;
    else
      finding.blame(kLoaded, "a skip of " + std::to_string(skip) + " was not refused");
  }
  Ground ground(device, small_cache(6), slots_from(32, kChunk), kForeign);
  require(device, ground.run(plan_of(ground.request(Direction::to_pages, kChunk - 1))), "load a chunk");
  finding.blame(kLoaded, ground.fault_in_pages(kChunk - 1));
  finding.facts = {{"refused", refused}};
  return finding;
}

const Registration registration({
    .id = "skip-bounds",
    .family = "E2",
    .title = "a skip that does not lie inside of the chunk",
    .source = "https://github.com/LMCache/LMCache/pull/2671",
    .variants =
        {{.name = "buggy",
          .what = "skip > tokens: the grid's size becomes a huge number, the launch fails, nobody looks",
          .expect = Outcome::violation,
          .begins = "E2: a retrieve loads the rows from skip on, and no others: the launch failed",
          .run = [](Device& device) { return unchecked(device, kChunk + 8); }},
         {.name = "equal",
          .what = "skip == tokens: a grid of zero, the launch fails, nobody looks",
          .expect = Outcome::violation,
          .begins = "E2: a retrieve loads the rows from skip on, and no others: the launch failed",
          .run = [](Device& device) { return unchecked(device, kChunk); }},
         {.name = "negative",
          .what = "skip < 0: slots before the mapping and rows before the buffer are used",
          .expect = Outcome::violation,
          .begins = "E2: a retrieve loads the rows from skip on, and no others: layer 0",
          .run = [](Device& device) { return unchecked(device, -2); }},
         {.name = "request-wide",
          .what = "the skip of a request is given to each of its chunks",
          .expect = Outcome::violation,
          .begins = "E2",
          .run = [](Device& device) { return request_wide(device, false); }},
         {.name = "by-chunk",
          .what = "chunks inside of the skip are dropped, the others get skip minus their start",
          .run = [](Device& device) { return request_wide(device, true); }},
         {.name = "fixed", .what = "0 <= skip < tokens is checked before the launch", .run = checked}},
});

}  // namespace
}  // namespace kvtool::cells
