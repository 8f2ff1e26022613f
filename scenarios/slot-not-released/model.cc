#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "slot-not-released/actors.h"

namespace kvtool::slot_not_released {
namespace {

using namespace explore;

template <class Rt, bool in_a_finally>
ProgramFactory with() {
  return factory<SlotNotReleased<Rt, in_a_finally>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("slots")), static_cast<unsigned>(p.at("messages")),
                      static_cast<unsigned>(p.at("poisoned")));
  });
}

const ScenarioRegistration registration({
    .id = "slot-not-released",
    .family = "D4",
    .title = "an exception while reading keeps a slot for ever",
    .source = "vLLM: https://github.com/vllm-project/vllm/pull/45224",
    .parameters = {{.name = "slots", .standard = 2, .least = 1, .most = 4, .what = "slots of the ring"},
                   {.name = "messages", .standard = 4, .least = 1, .most = 100'000, .what = "messages"},
                   {.name = "poisoned",
                    .standard = 1,
                    .least = 0,
                    .most = 100'000,
                    .what = "which message does not parse"}},
    .variants = {{.name = "buggy",
                  .what = "the slot is given back behind the parsing",
                  .expect = {Outcome::livelock, ""},
                  .model = with<ModelRuntime, false>(),
                  .real = with<RealRuntime, false>()},
                 {.name = "fixed",
                  .what = "the slot is given back in a finally",
                  .model = with<ModelRuntime, true>(),
                  .real = with<RealRuntime, true>()}},
    .golden = "the writer spins for ever once the ring wraps; with a finally: ok",
});

}  // namespace
}  // namespace kvtool::slot_not_released
