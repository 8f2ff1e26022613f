#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "two-offloads-one-slot/actors.h"

namespace kvtool::two_offloads {
namespace {

using namespace explore;

const ScenarioRegistration registration({
    .id = "two-offloads-one-slot",
    .family = "C10",
    .title = "two device blocks are offloaded to one host slot on two streams that nothing orders",
    .source = "TensorRT-LLM 9056: eviction by priority made it possible",
    .variants = {{.name = "buggy",
                  .what = "only the onboarding waits, for the offload before it",
                  .expect = {Outcome::violation, "I2"},
                  .model = factory<Offloads<ModelRuntime, false>>(),
                  .real = factory<Offloads<RealRuntime, false>>()},
                 {.name = "fixed",
                  .what = "each copy waits for the slot's last writer, a writer for its readers too",
                  .model = factory<Offloads<ModelRuntime, true>>(),
                  .real = factory<Offloads<RealRuntime, true>>()}},
    .golden = "the slot holds a mix of both; no state count given",
});

}  // namespace
}  // namespace kvtool::two_offloads
