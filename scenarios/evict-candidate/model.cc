#include <cstdint>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "evict-candidate/actors.h"

namespace kvtool::evict_candidate {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>(
      [](const Parameters& p) { return std::tuple(static_cast<std::uint32_t>(p.at("victims"))); });
}

const ScenarioRegistration registration({
    .id = "evict-candidate",
    .family = "C13",
    .title = "a victim is chosen, locked by a reader, and evicted anyway",
    .source = "LMCache 2097 (review)",
    .parameters = {{.name = "victims", .standard = 1, .least = 1, .most = 8, .what = "evictions"}},
    .variants = {{.name = "buggy",
                  .what = "evicts what was chosen before",
                  .expect = {Outcome::violation, "I"},
                  .model = with<Eviction<ModelRuntime, EvictAnyway>>(),
                  .real = with<Eviction<RealRuntime, EvictAnyway>>()},
                 {.name = "fixed",
                  .what = "asks again under the lock whether it is still free",
                  .model = with<Eviction<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<Eviction<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "a locked object is evicted; no state count given",
});

}  // namespace
}  // namespace kvtool::evict_candidate
