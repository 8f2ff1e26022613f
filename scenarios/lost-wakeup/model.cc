#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "lost-wakeup/actors.h"

namespace kvtool::lost_wakeup {
namespace {

using namespace explore;

template <bool under_the_mutex>
ProgramFactory with() {
  return factory<LostWakeup<ModelRuntime, under_the_mutex>>([](const Parameters&) { return std::tuple(); });
}

const ScenarioRegistration registration({
    .id = "lost-wakeup",
    .family = "F2",
    .title = "the predicate is set outside of the condition's mutex",
    .source = "TensorRT-LLM: https://github.com/NVIDIA/TensorRT-LLM/pull/15737",
    .variants = {{.name = "buggy",
                  .what = "ready = true without the mutex",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<false>()},
                 {.name = "fixed",
                  .what = "one mutex for the predicate and the wait",
                  .model = with<true>()}},
    .golden = "S6: deadlock (18 states); with the mutex: ok (17)",
});

}  // namespace
}  // namespace kvtool::lost_wakeup
