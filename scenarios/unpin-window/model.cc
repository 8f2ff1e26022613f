#include <cstdint>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "unpin-window/actors.h"

namespace kvtool::unpin_window {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters& p) {
    return std::tuple(static_cast<std::uint32_t>(p.at("threads")),
                      static_cast<std::uint32_t>(p.at("rounds")));
  });
}

const ScenarioRegistration registration({
    .id = "unpin-window",
    .family = "C6",
    .title = "the last reference is dropped in one critical section and the block given back in the next",
    .source = "a TensorRT-LLM fork's block pool with two remote readers",
    .parameters = {{.name = "threads", .standard = 2, .least = 2, .most = 4, .what = "readers"},
                   {.name = "rounds", .standard = 1, .least = 1, .most = 1000, .what = "pins of each"}},
    .variants = {{.name = "buggy",
                  .what = "drop the reference; then, if it was the last, release",
                  .expect = {Outcome::violation, "I"},
                  .model = with<UnpinWindow<ModelRuntime, TwoSteps>>(),
                  .real = with<UnpinWindow<RealRuntime, TwoSteps>>()},
                 {.name = "fixed",
                  .what = "one hold over drop, test and release",
                  .model = with<UnpinWindow<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<UnpinWindow<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "I3 with two readers",
});

}  // namespace
}  // namespace kvtool::unpin_window
