#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "unmap-waits-forever/actors.h"

namespace kvtool::unmap_waits_forever {
namespace {

using namespace explore;

ProgramFactory with(Reaper reaper, bool may_die = true) {
  static const DriverModel rules = driver_580_cuda13();
  return factory<UnmapWaitsForever<ModelRuntime>>(
      [reaper, may_die](const Parameters&) { return std::tuple(&rules, reaper, may_die); });
}

const ScenarioRegistration registration({
    .id = "unmap-waits-forever",
    .family = "A6",
    .title = "unmapping a dead client's memory waits for an event that nobody will complete",
    .source = "https://github.com/LMCache/LMCache/issues/4676",
    .variants = {{.name = "buggy",
                  .what = "the reaper unmaps with the GIL held; the client may have died",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(Reaper::unmaps_under_gil)},
                 {.name = "partial",
                  .what =
                      "the reaper synchronises first, with the GIL dropped: others go on, it stays parked",
                  .expect = {Outcome::violation, "A6"},
                  .model = with(Reaper::synchronises_first)},
                 {.name = "client-lives",
                  .what = "as buggy, but every client completes its event",
                  .model = with(Reaper::unmaps_under_gil, false)},
                 {.name = "fixed",
                  .what = "no stream waits for a foreign event before the host has seen it complete",
                  .model = with(Reaper::waits_on_host)}},
    .golden = "buggy: everything waits for the GIL; partial: one actor stuck, memory not given back",
});

}  // namespace
}  // namespace kvtool::unmap_waits_forever
