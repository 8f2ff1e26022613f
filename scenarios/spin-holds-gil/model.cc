#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "spin-holds-gil/actors.h"

namespace kvtool::spin_holds_gil {
namespace {

using namespace explore;

template <class Rt, Yield yield>
ProgramFactory with() {
  return factory<SpinHoldsGil<Rt, yield>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("slots")), static_cast<unsigned>(p.at("messages")));
  });
}

const ScenarioRegistration registration({
    .id = "spin-holds-gil",
    .family = "D6",
    .title = "the writer spins with the runtime lock that the reader needs",
    .source = "vLLM: https://github.com/vllm-project/vllm/issues/30228",
    .parameters = {{.name = "slots", .standard = 1, .least = 1, .most = 4, .what = "slots of the ring"},
                   {.name = "messages", .standard = 2, .least = 1, .most = 100'000, .what = "messages"}},
    .variants = {{.name = "buggy",
                  .what = "the yield keeps the runtime lock",
                  .expect = {Outcome::livelock, ""},
                  .model = with<ModelRuntime, Yield::keeps_lock>(),
                  .real = with<RealRuntime, Yield::keeps_lock>()},
                 {.name = "fixed",
                  .what = "the wait gives the runtime lock up",
                  .model = with<ModelRuntime, Yield::drops_lock>(),
                  .real = with<RealRuntime, Yield::drops_lock>()}},
    .golden = "livelock: 100% CPU, no progress",
});

}  // namespace
}  // namespace kvtool::spin_holds_gil
