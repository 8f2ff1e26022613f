#include <tuple>

#include "cap-bypassed/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/real_runtime.h"
#include "launch-unchecked/still_runtime.h"

namespace kvtool::cap_bypassed {
namespace {

using namespace explore;
using recorder_family::StillRuntime;

template <class Rt, class Queue>
ProgramFactory with() {
  return factory<CapBypassed<Rt, Queue>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("capacity")), static_cast<unsigned>(p.at("events")));
  });
}

template <Cap cap>
Variant reported(const char* name, const char* what, const char* message) {
  return {.name = name,
          .what = what,
          .expect = {Outcome::violation, message},
          .model = with<StillRuntime, ReportedQueue<StillRuntime, cap>>(),
          .real = with<RealRuntime, ReportedQueue<RealRuntime, cap>>()};
}

const ScenarioRegistration registration({
    .id = "cap-bypassed",
    .family = "B5",
    .title = "events of a stream enter the queue without its cap",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .parameters =
        {{.name = "capacity", .standard = 2, .least = 1, .most = 4, .what = "events that may be queued"},
         {.name = "events", .standard = 2, .least = 1, .most = 4, .what = "events of each side"}},
    .variants = {reported<Cap::host_only>("buggy", "only publish() looks at the length",
                                          "B5: at most the capacity is queued"),
                 reported<Cap::peeked>("peeked", "both sides look, and append in a hold of their own",
                                       "B5: at most the capacity is queued"),
                 reported<Cap::silent>("silent", "both sides look and append in one hold, nobody counts",
                                       "B5: published = delivered + dropped and counted"),
                 {.name = "fixed",
                  .what = "one capacity for both sides and for what is on its way; the rest is counted",
                  .model = with<StillRuntime, RecorderQueue<StillRuntime>>(),
                  .real = with<RealRuntime, RecorderQueue<RealRuntime>>()}},
    .golden = "10,000 bypassed by native events; fixed: count and drop",
});

}  // namespace
}  // namespace kvtool::cap_bypassed
