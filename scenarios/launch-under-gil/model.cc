#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "launch-under-gil/actors.h"

namespace kvtool::launch_under_gil {
namespace {

using namespace explore;

const DriverModel& measured() {
  static const DriverModel model = driver_580_cuda13();
  return model;
}

// As the report has it: enqueueing a host function waits behind the one that runs. The measured driver does
// not; there a launch into a full queue waits.
const DriverModel& reported() {
  static const DriverModel model = [] {
    DriverModel waits = driver_580_cuda13();
    waits.name = "cudaLaunchHostFunc waits for the stream";
    waits[Call::launch_host_function].wait = Wait::stream;
    return waits;
  }();
  return model;
}

ProgramFactory with(const Setup& setup) {
  return factory<LaunchUnderGil<ModelRuntime>>([setup](const Parameters&) { return std::tuple(setup); });
}

const ScenarioRegistration registration({
    .id = "launch-under-gil",
    .family = "A4",
    .title = "the publisher keeps the GIL in a call that waits behind a running callback",
    .source = "https://github.com/NVIDIA/TensorRT-LLM/pull/15855",
    .variants = {{.name = "buggy",
                  .what = "the enqueue waits for the callback that runs, with the GIL kept",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({.rules = &reported(), .keeps_lock = true})},
                 {.name = "full-queue",
                  .what = "as measured: a launch into a full queue waits, with the GIL kept",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({.rules = &measured(), .fills_queue = true, .keeps_lock = true})},
                 {.name = "full-queue-drops-gil",
                  .what = "the GIL is dropped round the launch",
                  .model = with({.rules = &measured(), .fills_queue = true})},
                 {.name = "fixed",
                  .what = "the GIL is dropped round the enqueue",
                  .model = with({.rules = &reported()})}},
    .golden = "S1.j deadlock in 2 steps once a callback is queued; S1.k ok (34 states)",
});

}  // namespace
}  // namespace kvtool::launch_under_gil
