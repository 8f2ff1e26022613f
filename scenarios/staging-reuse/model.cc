#include <cstdint>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "staging-reuse/actors.h"

namespace kvtool::staging_reuse {
namespace {

using namespace explore;

// As many buffers as steps.
constexpr std::uint32_t kFresh = 0xffff;

template <class State>
ProgramFactory with(std::uint32_t buffers = 0) {
  return factory<State>([buffers](const Parameters& p) {
    const auto steps = static_cast<std::uint32_t>(p.at("steps"));
    const auto given = static_cast<std::uint32_t>(p.at("buffers"));
    return std::tuple(buffers == 0 ? given : buffers == kFresh ? steps : buffers, steps);
  });
}

const ScenarioRegistration registration({
    .id = "staging-reuse",
    .family = "C9",
    .title = "a pinned staging buffer is filled again before its copy to the device has run",
    .source = "TensorRT-LLM 15546: block tables of another batch",
    .parameters = {{.name = "steps", .standard = 3, .least = 1, .most = 8, .what = "steps, one copy each"},
                   {.name = "buffers",
                    .standard = 2,
                    .least = 1,
                    .most = 8,
                    .what = "staging buffers of the variants that reuse them"}},
    .variants = {{.name = "buggy",
                  .what = "one buffer, filled again at once",
                  .expect = {Outcome::violation, "I2"},
                  .model = with<Staging<ModelRuntime, false>>(1),
                  .real = with<Staging<RealRuntime, false>>(1)},
                 {.name = "two-buffers",
                  .what = "more buffers, still fewer than the CPU runs ahead",
                  .expect = {Outcome::violation, "I2"},
                  .model = with<Staging<ModelRuntime, false>>(),
                  .real = with<Staging<RealRuntime, false>>()},
                 {.name = "fresh-buffers",
                  .what = "a buffer of its own for every step",
                  .model = with<Staging<ModelRuntime, false>>(kFresh),
                  .real = with<Staging<RealRuntime, false>>(kFresh)},
                 {.name = "fixed",
                  .what = "an event for each buffer, awaited before it is filled again",
                  .model = with<Staging<ModelRuntime, true>>(),
                  .real = with<Staging<RealRuntime, true>>()}},
    .golden = "1 and 2 buffers with 3 steps: violated; 3 buffers: ok (16 states)",
});

}  // namespace
}  // namespace kvtool::staging_reuse
