#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "gil-hostfunc/model_actors.h"

namespace kvtool::gil_model {
namespace {

using namespace explore;

ProgramFactory with(const DriverModel& rules, Entry entry, Setup setup) {
  setup.rules = &rules;
  setup.entry = entry;
  setup.launcher_in_transfer_lock = true;
  return factory<Workers<ModelRuntime>>([setup](const Parameters&) { return std::tuple(setup); });
}

const ScenarioRegistration registration({
    .id = "gil-widened-lock",
    .family = "A2",
    .title = "the fix that does not fix: a wider lock round the kernel",
    .source = "https://github.com/LMCache/LMCache/pull/2823",
    .variants = {{.name = "set-device-outside",
                  .what = "cudaSetDevice comes before the lock, as in the posted dump (driver 575)",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(driver_575(), Entry::set_device, {})},
                 {.name = "event-record-outside",
                  .what = "driver 580: an event is recorded outside of the lock",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(driver_580(), Entry::event_record, {})},
                 {.name = "set-device-on-580",
                  .what = "driver 580, where cudaSetDevice takes no lock",
                  .model = with(driver_580(), Entry::set_device, {})},
                 {.name = "closed-world",
                  .what = "driver 575; every call that enters the driver is inside the lock",
                  .model = with(driver_575(), Entry::set_device, {.entrant_in_transfer_lock = true})},
                 {.name = "fixed",
                  .what = "driver 575; the callback is native, and cudaSetDevice stays outside the lock",
                  .model = with(driver_575(), Entry::set_device, {.callback = Callback::native})}},
    .golden = "S1.c deadlock in 13 steps; S1.b ok (848 states)",
});

}  // namespace
}  // namespace kvtool::gil_model
