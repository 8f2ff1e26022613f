#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "first-error-frees/actors.h"

namespace kvtool::first_error_frees {
namespace {

using namespace explore;

template <class Rt, Free when>
ProgramFactory with() {
  return factory<FirstErrorFrees<Rt, when>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("handles"))); });
}

const ScenarioRegistration registration({
    .id = "first-error-frees",
    .family = "F3",
    .title = "the first of several transfers fails, and the block is freed under the others",
    .source = "vLLM: https://github.com/vllm-project/vllm/pull/56104",
    .parameters = {{.name = "handles",
                    .standard = 2,
                    .least = 2,
                    .most = FirstErrorFrees<ModelRuntime, Free::at_the_first_error>::kMostHandles,
                    .what = "transfers of one request"}},
    .variants = {{.name = "buggy",
                  .what = "the block is freed at the first error",
                  .expect = {Outcome::violation, "I2: a block's new owner"},
                  .model = with<ModelRuntime, Free::at_the_first_error>(),
                  .real = with<RealRuntime, Free::at_the_first_error>()},
                 {.name = "asks-to-stop",
                  .what = "the other transfers are told to stop, and not waited for",
                  .expect = {Outcome::violation, "I2: a block's new owner"},
                  .model = with<ModelRuntime, Free::after_asking_to_stop>(),
                  .real = with<RealRuntime, Free::after_asking_to_stop>()},
                 {.name = "fixed",
                  .what = "the block is freed when all have stopped",
                  .model = with<ModelRuntime, Free::when_all_have_stopped>(),
                  .real = with<RealRuntime, Free::when_all_have_stopped>()}},
    .golden = "S8: new owner reads H2's data (21 states); deferred until all stopped: ok (9)",
});

}  // namespace
}  // namespace kvtool::first_error_frees
