#include "ring/registration.h"

namespace kvtool::ring {
namespace {

using namespace explore;

constexpr MemoryModel kArm = MemoryModel::arm, kPso = MemoryModel::pso;

const ScenarioRegistration registration({
    .id = "publish-unfenced",
    .family = "D1",
    .title = "nothing orders a message and the flag that announces it",
    .source = "vLLM on aarch64: https://github.com/vllm-project/vllm/issues/27858",
    .parameters = size_parameters(1, 1, 2),
    .variants = {fenced<kNoFences>("buggy", "no fence", {Outcome::violation, "J1"}, {kPso, kArm}),
                 fenced<kFirstUpstreamFences, true>(
                     "first-fences", "full fences at four places, none of them in front of written = 1",
                     {Outcome::violation, "J1"}, {kPso, kArm}),
                 fenced<kArmFences>("fixed", "a release in front of the flags and of written = 1")},
    .model = MemoryModel::pso,
    .golden = "pso: message 1 half a = 0, 11 steps; first fences: 13 steps; never under sc and tso",
});

}  // namespace
}  // namespace kvtool::ring
