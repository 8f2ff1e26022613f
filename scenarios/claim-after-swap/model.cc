#include <cstdint>
#include <tuple>

#include "claim-after-swap/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::claim_after_swap {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters& p) {
    return std::tuple(static_cast<std::uint32_t>(p.at("blocks")), static_cast<std::uint32_t>(p.at("rounds")));
  });
}

const ScenarioRegistration registration({
    .id = "claim-after-swap",
    .family = "C7",
    .title = "two blocks swap levels and leave their lists afterwards",
    .source = "TensorRT-LLM 12297, 12834 (issue 11879): free counts drift to negative usage",
    .parameters = {{.name = "blocks", .standard = 4, .least = 1, .most = 32, .what = "blocks at each level"},
                   {.name = "rounds", .standard = 6, .least = 1, .most = 1000, .what = "allocations"}},
    .variants = {{.name = "buggy",
                  .what = "swap the slots, then claim both blocks",
                  .expect = {Outcome::violation, "I5"},
                  .model = with<Allocating<ModelRuntime, SwapThenClaim>>(),
                  .real = with<Allocating<RealRuntime, SwapThenClaim>>()},
                 {.name = "fixed",
                  .what = "claim both blocks, then swap",
                  .model = with<Allocating<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<Allocating<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "every offload breaks I5 twice; claim first: nothing",
});

}  // namespace
}  // namespace kvtool::claim_after_swap
