// wrong-count (E3): the number of tokens is read in one place from the buffer and in another from the
// mapping.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 24, kMapped = 20, kSkip = 5, kForeign = 0;
constexpr const char* kOneNumber =
    "E3: as many rows move as there are tokens from skip on, each to its own place";

Finding finding_of(const std::string& fault, std::int64_t moved) {
  Finding finding{.facts = {{"tokens", kTokens}, {"rows moved a layer", moved}}};
  finding.blame(kOneNumber, fault);
  return finding;
}

// The layer's stride is made of the mapping's length, which is shorter than the buffer.
Finding stride_from_mapping(Device& device) {
  Ground ground(device, small_cache(4), slots_from(16, kTokens), kForeign);
  Plan plan = make_unchecked_plan(ground.request(Direction::to_buffer));
  plan.tokens = kMapped;
  plan.buffer_strides.layer = kMapped * plan.buffer_strides.token;
  plan.buffer_strides.kv = plan.buffer_strides.layer * plan.layers;
  require(device, ground.run(plan), "store a chunk");
  // Right: the tokens that are mapped come to their places, the others stay.
  Buffer expected = ground.buffer;
  std::vector<std::int64_t> slots = ground.slots();
  std::fill(slots.begin() + kMapped, slots.end(), -1);
  expect_in_buffer(expected, slots, 0, Ground::kEngine);
  const auto difference = find_difference(ground.found_buffer(), expected);
  return finding_of(difference ? difference->message : "", kMapped);
}

// The grid is the buffer's, the mapping is shorter: what lies behind it is taken for slots.
Finding short_mapping(Device& device) {
  Ground ground(device, small_cache(4), slots_from(16, kMapped), kForeign);
  Plan plan = make_unchecked_plan(ground.request(Direction::to_pages));
  plan.tokens = kMapped + 4;
  require(device, ground.run(plan), "load a chunk");
  return finding_of(ground.fault_in_pages(0), kMapped + 4);
}

// A skip is added to the token, and the grid is as large as without one.
Finding skip_not_subtracted(Device& device) {
  Ground ground(device, small_cache(4), slots_from(16, kTokens), kForeign);
  Plan plan = make_unchecked_plan(ground.request(Direction::to_pages, kSkip));
  plan.tokens = kTokens;
  require(device, ground.run(plan), "load a chunk");
  return finding_of(ground.fault_in_pages(kSkip), kTokens);
}

Finding checked(Device& device) {
  std::string fault;
  {
    Ground ground(device, small_cache(4), slots_from(16, kMapped), kForeign);
    Request request = ground.request(Direction::to_pages);
    request.tokens = kTokens;
    request.buffer_bytes = static_cast<std::size_t>(request.shape.buffer_bytes(kTokens));
    const auto made = make_plan(request);
    const auto* const refused = std::get_if<InvalidArgument>(&made);
    if (refused == nullptr || refused->argument != "slot_mapping") fault = "a short mapping was not refused";
  }
  Ground ground(device, small_cache(4), slots_from(16, kTokens), kForeign);
  const Plan plan = plan_of(ground.request(Direction::to_pages, kSkip));
  require(device, ground.run(plan), "load a chunk");
  if (fault.empty()) fault = ground.fault_in_pages(kSkip);
  if (fault.empty() && plan.tokens != kTokens - kSkip)
    fault = "the plan has " + std::to_string(plan.tokens) + " rows";
  return finding_of(fault, plan.tokens);
}

const Registration registration({
    .id = "wrong-count",
    .family = "E3",
    .title = "two places count the tokens of a transfer differently",
    .source = "https://github.com/LMCache/LMCache/pull/2671",
    .variants =
        {{.name = "buggy",
          .what = "the buffer's layer stride is the mapping's length: layer 1 begins inside of layer 0",
          .expect = Outcome::violation,
          .begins = "E3: as many rows move as there are tokens from skip on, each to its own place: layer 0, "
                    "token 20",
          .run = stride_from_mapping},
         {.name = "short-mapping",
          .what = "the grid is the buffer's length: what lies behind the mapping is taken for slots",
          .expect = Outcome::violation,
          .begins = "E3",
          .run = short_mapping},
         {.name = "skip-not-subtracted",
          .what = "skip is added to the token and the grid is not made smaller",
          .expect = Outcome::violation,
          .begins = "E3",
          .run = skip_not_subtracted},
         {.name = "fixed", .what = "one number, checked against the mapping's length", .run = checked}},
});

}  // namespace
}  // namespace kvtool::cells
