#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "gil-hostfunc/model_actors.h"

namespace kvtool::gil_model {
namespace {

using namespace explore;

// The driver of the posted dump: cudaSetDevice takes the runtime library's mutex, which a first load holds.
ProgramFactory with(Setup setup) {
  setup.rules = &driver_575();
  setup.entry = Entry::set_device;
  setup.launcher_in_transfer_lock = true;
  return factory<Workers<ModelRuntime>>([setup](const Parameters&) { return std::tuple(setup); });
}

const ScenarioRegistration registration({
    .id = "gil-widened-lock",
    .family = "A2",
    .title = "the fix that does not fix: a wider lock round the kernel",
    .source = "https://github.com/LMCache/LMCache/pull/2823",
    .variants = {{.name = "set-device-outside",
                  .what = "cudaSetDevice comes before the lock, as in the posted dump",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({})},
                 {.name = "closed-world",
                  .what = "every call that enters the driver is inside the lock",
                  .model = with({.entrant_in_transfer_lock = true})},
                 {.name = "fixed",
                  .what = "the callback is native; cudaSetDevice stays outside the lock",
                  .model = with({.callback = Callback::native})}},
    .golden = "S1.c deadlock in 13 steps; S1.b ok (848 states)",
});

}  // namespace
}  // namespace kvtool::gil_model
