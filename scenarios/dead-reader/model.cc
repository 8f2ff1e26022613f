#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "dead-reader/actors.h"

namespace kvtool::dead_reader {
namespace {

using namespace explore;

template <class Rt, Wait wait>
ProgramFactory with(bool stopped) {
  return factory<DeadReader<Rt, wait>>([stopped](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("messages")), stopped);
  });
}

const ScenarioRegistration registration({
    .id = "dead-reader",
    .family = "D5",
    .title = "the writer waits for a reader whose process is gone",
    .source = "vLLM: https://github.com/vllm-project/vllm/pull/45644",
    .parameters = {{.name = "messages", .standard = 2, .least = 1, .most = 16, .what = "messages"}},
    .variants = {{.name = "buggy",
                  .what = "the wait looks at nothing but the flags, not even at the shutdown",
                  .expect = {Outcome::livelock, ""},
                  .model = with<ModelRuntime, Wait::regardless>(true),
                  .real = with<RealRuntime, Wait::regardless>(true)},
                 {.name = "shutdown-unasked",
                  .what = "the wait honours a shutdown, for which nobody asks",
                  .expect = {Outcome::livelock, ""},
                  .model = with<ModelRuntime, Wait::stoppable>(false),
                  .real = with<RealRuntime, Wait::stoppable>(false)},
                 {.name = "shutdown",
                  .what = "the wait honours the shutdown that a supervisor asks for",
                  .model = with<ModelRuntime, Wait::stoppable>(true),
                  .real = with<RealRuntime, Wait::stoppable>(true)},
                 {.name = "fixed",
                  .what = "the wait also looks whether the reader lives",
                  .model = with<ModelRuntime, Wait::attentive>(false),
                  .real = with<RealRuntime, Wait::attentive>(false)}},
    .golden = "the writer never returns and ignores the shutdown; with a liveness check: ok",
});

}  // namespace
}  // namespace kvtool::dead_reader
