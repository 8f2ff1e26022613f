#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/real_runtime.h"
#include "launch-unchecked/still_runtime.h"
#include "shared-recorder/actors.h"

namespace kvtool::shared_recorder {
namespace {

using namespace explore;
using recorder_family::StillRuntime;

template <class State>
ProgramFactory with() {
  return factory<State>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("events"))); });
}

template <Sharing sharing>
Variant together(const char* name, const char* what, const Expectation& expect = {}) {
  return {.name = name,
          .what = what,
          .expect = expect,
          .model = with<Together<StillRuntime, sharing>>(),
          .real = with<Together<RealRuntime, sharing>>()};
}
template <Sharing sharing, Stop stop>
Variant one_after_the_other(const char* name, const char* what, const Expectation& expect = {}) {
  return {.name = name,
          .what = what,
          .expect = expect,
          .model = with<OneAfterTheOther<StillRuntime, sharing, stop>>(),
          .real = with<OneAfterTheOther<RealRuntime, sharing, stop>>()};
}

const ScenarioRegistration registration({
    .id = "shared-recorder",
    .family = "B2",
    .title = "two buses have one recorder: each drain takes the other's events",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .parameters = {{.name = "events", .standard = 1, .least = 1, .most = 4, .what = "events of each bus"}},
    .variants =
        {together<Sharing::untagged>("buggy", "one recorder, and a drain takes everything",
                                     {Outcome::violation, "B2: delivered(b) in published(b)"}),
         together<Sharing::dropped>("dropped", "the same, but a bus drops what it has no subscriber for",
                                    {Outcome::violation, "B2: none is lost"}),
         together<Sharing::tagged>("tagged", "one recorder; a drain takes the events of its own bus"),
         one_after_the_other<Sharing::untagged, Stop::drains>(
             "late", "a host function of bus 1 runs after its last drain: bus 2 delivers the event",
             {Outcome::violation, "B2: delivered(b) in published(b): bus 2 delivered an event of bus 1"}),
         one_after_the_other<Sharing::tagged, Stop::drains>(
             "late-tagged", "the same with tags: the event stays in the recorder for ever",
             {Outcome::violation, "B2: none is lost"}),
         one_after_the_other<Sharing::tagged, Stop::synchronises>(
             "late-synchronised", "tags, and a stop waits for the stream before its last drain"),
         one_after_the_other<Sharing::own, Stop::closes>(
             "late-fixed", "a recorder for each bus, which counts what comes after its stop"),
         together<Sharing::own>("fixed", "a recorder for each bus")},
    .golden = "S12: untagged violation (71 states); tagged ok (49 states)",
});

}  // namespace
}  // namespace kvtool::shared_recorder
