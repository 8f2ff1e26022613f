#include "ring/registration.h"

namespace kvtool::ring {
namespace {

using namespace explore;

constexpr MemoryModel kArm = MemoryModel::arm, kPso = MemoryModel::pso;
constexpr FenceSites kSpecFix = at(FenceSite::after_unpublish) | at(FenceSite::before_publish);

const ScenarioRegistration registration({
    .id = "clear-unfenced",
    .family = "D2",
    .title = "a slot's flags are cleared for the next lap before the slot is taken back",
    .source = "found by exploring the fences of https://github.com/vllm-project/vllm/pull/30407",
    .parameters = size_parameters(1, 1, 2),
    .variants = {fenced<kUpstreamFences, true>("buggy",
                                               "the merged fences: nothing between written = 0 and read = 0",
                                               {Outcome::violation, "J1"}, {kPso, kArm}),
                 fenced<kSpecFix>("after-unpublish", "fences behind written = 0 and in front of written = 1",
                                  {Outcome::violation, "J1"}, {kArm}),
                 fenced<kArmFences>("fixed", "the fence stands in front of read = 0, behind the message")},
    .model = MemoryModel::pso,
    .golden = "pso: 33 steps, message 2 half a = 1; after-unpublish ok under pso (82, 433, 312 states)",
});

}  // namespace
}  // namespace kvtool::ring
