#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "mutex-then-gil/actors.h"

namespace kvtool::mutex_then_gil {
namespace {

using namespace explore;

ProgramFactory with(bool dropped_outside) {
  static const DriverModel rules = driver_580_cuda13();
  return factory<MutexThenGil<ModelRuntime>>([dropped_outside](const Parameters& p) {
    return std::tuple(&rules, static_cast<unsigned>(p.at("threads")), dropped_outside);
  });
}

const ScenarioRegistration registration({
    .id = "mutex-then-gil",
    .family = "A7",
    .title = "the GIL is taken again inside a mutex that others want with the GIL held",
    .source = "https://github.com/NVIDIA/cuda-python/issues/2840",
    .parameters =
        {{.name = "threads", .standard = 2, .least = 2, .most = 4, .what = "threads in the binding"}},
    .variants = {{.name = "buggy",
                  .what = "GIL, then M; the GIL is dropped and taken again inside M",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(false)},
                 {.name = "fixed",
                  .what = "the GIL is dropped before M is taken, and taken again after M is given back",
                  .model = with(true)}},
    .golden = "S1.o deadlock in 4 steps (26 states); S1.p ok (44 states)",
});

}  // namespace
}  // namespace kvtool::mutex_then_gil
