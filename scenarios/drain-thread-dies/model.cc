#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/real_runtime.h"
#include "drain-thread-dies/actors.h"
#include "launch-unchecked/still_runtime.h"

namespace kvtool::drain_thread_dies {
namespace {

using namespace explore;
using recorder_family::StillRuntime;

template <class Rt, class Bus, Look look>
ProgramFactory with() {
  return factory<DrainThreadDies<Rt, Bus, look>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("batch"))); });
}

template <Death death, Look look>
Variant reported(const char* name, const char* what, const char* message) {
  return {.name = name,
          .what = what,
          .expect = {Outcome::violation, message},
          .model = with<StillRuntime, ReportedBus<StillRuntime, death>, look>(),
          .real = with<RealRuntime, ReportedBus<RealRuntime, death>, look>()};
}

const ScenarioRegistration registration({
    .id = "drain-thread-dies",
    .family = "B4",
    .title = "an event of an unknown type ends the drain thread",
    .source = "https://github.com/LMCache/LMCache/pull/2952; https://github.com/LMCache/LMCache/issues/4817",
    .parameters = {{.name = "batch", .standard = 2, .least = 1, .most = 6, .what = "events in a batch"}},
    .variants = {reported<Death::unnoticed, Look::at_thread>(
                     "buggy", "looking up the subscriber is outside of the try",
                     "B4: the drain thread lives while the bus is started"),
                 reported<Death::unnoticed, Look::at_buffer>(
                     "unwatched", "the same, seen from the buffer afterwards", "B4: the buffer is bounded"),
                 reported<Death::restarted, Look::at_events>("restarted",
                                                             "a supervisor starts the drain thread again",
                                                             "B4: one bad event costs no other"),
                 {.name = "fixed",
                  .what = "an unknown type is counted, an exception ends at its subscriber",
                  .model = with<StillRuntime, CheckedBus<StillRuntime>, Look::at_events>(),
                  .real = with<RealRuntime, CheckedBus<RealRuntime>, Look::at_events>()}},
    .golden = "one unknown type ends the drain loop, the rest of the batch is lost; fixed: ok",
});

}  // namespace
}  // namespace kvtool::drain_thread_dies
