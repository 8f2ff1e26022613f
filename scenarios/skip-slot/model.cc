#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "skip-slot/actors.h"

namespace kvtool::skip_slot {
namespace {

using namespace explore;

template <class Rt, Skips skips>
ProgramFactory with() {
  return factory<SkipSlot<Rt, skips>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("slots")), static_cast<unsigned>(p.at("messages")));
  });
}

const ScenarioRegistration registration({
    .id = "skip-slot",
    .family = "D7",
    .title = "a busy slot is skipped, and with it the order",
    .source = "vLLM: https://github.com/vllm-project/vllm/pull/5801",
    .parameters = {{.name = "slots", .standard = 2, .least = 2, .most = 4, .what = "slots of the ring"},
                   {.name = "messages", .standard = 3, .least = 1, .most = 100'000, .what = "messages"}},
    .variants = {{.name = "buggy",
                  .what = "the writer goes on to the next slot",
                  .expect = {Outcome::violation, "J1"},
                  .model = with<ModelRuntime, Skips::writer>(),
                  .real = with<RealRuntime, Skips::writer>()},
                 {.name = "reader-skips",
                  .what = "the reader goes on to the next slot",
                  .expect = {Outcome::violation, "J1"},
                  .model = with<ModelRuntime, Skips::reader>(),
                  .real = with<RealRuntime, Skips::reader>()},
                 {.name = "fixed",
                  .what = "both wait for the current slot",
                  .model = with<ModelRuntime, Skips::nobody>(),
                  .real = with<RealRuntime, Skips::nobody>()}},
    .golden = "the order is broken (J1)",
});

}  // namespace
}  // namespace kvtool::skip_slot
