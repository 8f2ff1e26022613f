#include <tuple>

#include "conditional-collective/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::conditional_collective {
namespace {

using namespace explore;

template <bool conditional>
ProgramFactory with() {
  return factory<ConditionalCollective<ModelRuntime, conditional>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("rounds"))); });
}

const ScenarioRegistration registration({
    .id = "conditional-collective",
    .family = "F1",
    .title = "a rank enters a collective only when it has something to say",
    .source = "SGLang: https://github.com/sgl-project/sglang/pull/26923",
    .parameters = {{.name = "rounds", .standard = 2, .least = 1, .most = 16, .what = "rounds of the loop"}},
    .variants = {{.name = "buggy",
                  .what = "enters when the local list is not empty",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<true>()},
                 {.name = "fixed",
                  .what = "always enters, with an empty contribution",
                  .model = with<false>()}},
    .golden = "S7: deadlock (9 states); unconditional: ok (15)",
});

}  // namespace
}  // namespace kvtool::conditional_collective
