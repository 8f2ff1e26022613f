#include "ring/registration.h"

namespace kvtool::ring {
namespace {

using namespace explore;

constexpr MemoryModel kArm = MemoryModel::arm, kPso = MemoryModel::pso;

const ScenarioRegistration registration({
    .id = "ring",
    .family = "D",
    .title = "a shared-memory ring: which fences does it need?",
    .source = "vLLM: shm_broadcast.py, https://github.com/vllm-project/vllm/pull/30407",
    .parameters = size_parameters(1, 1, 2),
    .variants = {fenced<kNoFences>("none", "no fence: what x86-64 needs", {Outcome::violation, "J"},
                                   {kPso, kArm}),
                 fenced<kUpstreamFences, true>("upstream", "the five full fences that were merged",
                                               {Outcome::violation, "J1"}, {kPso, kArm}),
                 fenced<kPsoFences>("writer-only",
                                    "two on the writer: enough where only stores are reordered",
                                    {Outcome::violation, "J1"}, {kArm}),
                 fenced<kPsoFences | at(FenceSite::before_payload), false, PayloadUse::copied>(
                     "late-loads", "all but the one between a copied payload and its acknowledgement",
                     {Outcome::violation, "J2"}, {kArm}),
                 fenced<kArmFences, false, PayloadUse::copied>("minimal", "the four of ShmRing")},
    .model = MemoryModel::arm,
    .golden =
        "clean under SC and TSO with no fence; stale under ARM with upstream's; clean with the minimal ones",
});

}  // namespace
}  // namespace kvtool::ring
