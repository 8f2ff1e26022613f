#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "lru-pool/actors.h"

namespace kvtool::lru_pool {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters& p) {
    return std::tuple(static_cast<std::uint32_t>(p.at("blocks")),
                      static_cast<std::uint32_t>(p.at("operations")));
  });
}

const ScenarioRegistration registration({
    .id = "lru-pool",
    .family = "C",
    .title = "one thread allocates blocks, another pins them",
    .source = "the measure of the block pool's proof: LRU with 3 blocks and 8 operations a thread",
    .parameters = {{.name = "blocks", .standard = 3, .least = 1, .most = 16, .what = "blocks in the pool"},
                   {.name = "operations", .standard = 8, .least = 1, .most = 1000, .what = "of each thread"}},
    .variants = {{.name = "buggy",
                  .what = "the victim is chosen in one hold and taken in the next",
                  .expect = {Outcome::violation, "I"},
                  .model = with<LruPins<ModelRuntime, true>>(),
                  .real = with<LruPins<RealRuntime, true>>()},
                 {.name = "fixed",
                  .what = "popped in one hold",
                  .model = with<LruPins<ModelRuntime, false>>(),
                  .real = with<LruPins<RealRuntime, false>>()}},
    .golden = "fixed: proved (54,615 executions of a search without loop states, 51 ms)",
});

}  // namespace
}  // namespace kvtool::lru_pool
