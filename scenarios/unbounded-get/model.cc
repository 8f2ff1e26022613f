#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "unbounded-get/actors.h"

namespace kvtool::unbounded_get {
namespace {

using namespace explore;

template <class Rt, Wait wait>
ProgramFactory with() {
  return factory<UnboundedGet<Rt, wait>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("ranks")), static_cast<unsigned>(p.at("rounds")));
  });
}

const ScenarioRegistration registration({
    .id = "unbounded-get",
    .family = "F5",
    .title = "a rank waits for a transfer inside of the loop that its siblings wait for",
    .source = "TensorRT-LLM: https://github.com/NVIDIA/TensorRT-LLM/pull/15363",
    .parameters = {{.name = "ranks",
                    .standard = 2,
                    .least = 2,
                    .most = UnboundedGet<ModelRuntime, Wait::unbounded>::kMostRanks,
                    .what = "ranks of one group"},
                   {.name = "rounds", .standard = 2, .least = 2, .most = 16, .what = "rounds of the loop"}},
    .variants = {{.name = "buggy",
                  .what = "future.get() without a limit",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<ModelRuntime, Wait::unbounded>(),
                  .real = with<RealRuntime, Wait::unbounded>()},
                 {.name = "own-poll",
                  .what = "a bounded poll, after which each rank takes what it has found itself",
                  .expect = {Outcome::violation, "every rank"},
                  .model = with<ModelRuntime, Wait::own_poll>(),
                  .real = with<RealRuntime, Wait::own_poll>()},
                 {.name = "fixed",
                  .what = "a bounded poll, and only what is ready on all ranks is taken",
                  .model = with<ModelRuntime, Wait::agreed_poll>(),
                  .real = with<RealRuntime, Wait::agreed_poll>()}},
    .golden = "siblings reach the next collective; a bounded poll of what is ready on all ranks: ok",
});

}  // namespace
}  // namespace kvtool::unbounded_get
