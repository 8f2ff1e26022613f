#include <tuple>

#include "callable-lifetime/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::callable_lifetime {
namespace {

using namespace explore;

// The driver of the report, where enqueueing a host function waits behind the one that runs.
const DriverModel& enqueue_waits() {
  static const DriverModel model = [] {
    DriverModel waits = driver_580_cuda13();
    waits.name = "cudaLaunchHostFunc waits for the stream";
    waits[Call::launch_host_function].wait = Wait::stream;
    return waits;
  }();
  return model;
}

ProgramFactory with(Binding binding) {
  return factory<CallableLifetime<ModelRuntime>>(
      [binding](const Parameters&) { return std::tuple(&enqueue_waits(), binding); });
}

const ScenarioRegistration registration({
    .id = "callable-lifetime",
    .family = "A9",
    .title = "a binding drops the GIL before it owns the callable",
    .source = "https://github.com/NVIDIA/TensorRT-LLM/pull/13251",
    .variants = {{.name = "buggy",
                  .what = "the GIL is dropped between the argument's conversion and taking a reference",
                  .expect = {Outcome::use_after_free, "A9"},
                  .model = with(Binding::drops_at_once)},
                 {.name = "keeps-gil",
                  .what = "the GIL is kept through the call: no use after free, but the deadlock of A4",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(Binding::keeps)},
                 {.name = "fixed",
                  .what = "a reference is taken with the GIL held, which is dropped round the enqueue only",
                  .model = with(Binding::drops_round_enqueue)}},
    .golden = "buggy: use after free; keeping the GIL instead brings A4's deadlock; fixed ok",
});

}  // namespace
}  // namespace kvtool::callable_lifetime
