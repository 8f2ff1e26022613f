#include <cstdint>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "two-offloads-one-slot/actors.h"

namespace kvtool::two_offloads {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters&) { return std::tuple(); });
}

const ScenarioRegistration registration({
    .id = "two-offloads-one-slot",
    .family = "C10",
    .title = "two device blocks are offloaded to one host slot on two streams that nothing orders",
    .source = "TensorRT-LLM 9056: eviction by priority made it possible",
    .variants = {{.name = "buggy",
                  .what = "only the onboarding waits, for the offload before it",
                  .expect = {Outcome::violation, "I2"},
                  .model = with<Offloads<ModelRuntime, false>>(),
                  .real = with<Offloads<RealRuntime, false>>()},
                 {.name = "fixed",
                  .what = "each copy waits for the slot's last writer, a writer for its readers too",
                  .model = with<Offloads<ModelRuntime, true>>(),
                  .real = with<Offloads<RealRuntime, true>>()}},
    .golden = "the slot holds a mix of both; no state count given",
});

}  // namespace
}  // namespace kvtool::two_offloads
