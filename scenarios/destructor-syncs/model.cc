#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "destructor-syncs/actors.h"

namespace kvtool::destructor_syncs {
namespace {

using namespace explore;

const DriverModel& hip() {
  static const DriverModel model = driver_hip();
  return model;
}
const DriverModel& cuda() {
  static const DriverModel model = driver_580_cuda13();
  return model;
}

ProgramFactory with(const Setup& setup) {
  return factory<DestructorSyncs<ModelRuntime>>([setup](const Parameters& p) {
    Setup own = setup;
    own.events = static_cast<unsigned>(p.at("events"));
    own.callbacks = static_cast<unsigned>(p.at("callbacks"));
    return std::tuple(own);
  });
}

const ScenarioRegistration registration({
    .id = "destructor-syncs",
    .family = "A5",
    .title = "an event's destructor waits for all streams with the GIL held",
    .source = "https://github.com/LMCache/LMCache/issues/3362",
    .parameters =
        {{.name = "events", .standard = 1, .least = 0, .most = 8, .what = "live events that are destroyed"},
         {.name = "callbacks",
          .standard = 1,
          .least = 0,
          .most = 4,
          .what = "callbacks queued on the stream"}},
    .variants = {{.name = "buggy",
                  .what = "HIP: destroying waits for the device; the callback needs the GIL",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({.rules = &hip()})},
                 {.name = "cuda",
                  .what = "the same on CUDA, where destroying an event waits for nothing",
                  .model = with({.rules = &cuda()})},
                 {.name = "native-callback",
                  .what = "HIP; the callback is native",
                  .model = with({.rules = &hip(), .native_callback = true})},
                 {.name = "fixed",
                  .what = "HIP; the destructor drops the GIL",
                  .model = with({.rules = &hip(), .drops_lock = true})}},
    .golden = "S1.l deadlock in 2 steps once a callback is queued; S1.m ok (14 states); S1.n ok (10)",
});

}  // namespace
}  // namespace kvtool::destructor_syncs
