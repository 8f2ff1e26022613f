#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "two-completions/actors.h"

namespace kvtool::two_completions {
namespace {

using namespace explore;

const ScenarioRegistration registration({
    .id = "two-completions",
    .family = "F4",
    .title = "one flag for two pending transfers of an aborted request",
    .source = "vLLM: https://github.com/vllm-project/vllm/issues/46240",
    .variants = {{.name = "buggy",
                  .what = "the first completion frees the request, the second one is of nobody",
                  .expect = {Outcome::violation, "a completion"},
                  .model = factory<TwoCompletions<ModelRuntime, Rule::one_flag>>(),
                  .real = factory<TwoCompletions<RealRuntime, Rule::one_flag>>()},
                 {.name = "ignored",
                  .what = "a completion of nobody is ignored; the blocks are freed under the second transfer",
                  .expect = {Outcome::violation, "I2"},
                  .model = factory<TwoCompletions<ModelRuntime, Rule::ignores_the_unknown>>(),
                  .real = factory<TwoCompletions<RealRuntime, Rule::ignores_the_unknown>>()},
                 {.name = "fixed",
                  .what = "pending transfers are counted; the last one frees",
                  .model = factory<TwoCompletions<ModelRuntime, Rule::counts>>(),
                  .real = factory<TwoCompletions<RealRuntime, Rule::counts>>()}},
    .golden = "S14: completion for a request already freed (10 states); counted: ok (10)",
});

}  // namespace
}  // namespace kvtool::two_completions
