#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/real_runtime.h"
#include "launch-unchecked/actors.h"
#include "launch-unchecked/still_runtime.h"

namespace kvtool::launch_unchecked {
namespace {

using namespace explore;
using recorder_family::StillRuntime;

template <class Rt>
ProgramFactory with(const Setup& setup) {
  return factory<LaunchUnchecked<Rt>>([setup](const Parameters& p) {
    Setup own = setup;
    own.events = static_cast<unsigned>(p.at("events"));
    return std::tuple(own);
  });
}

Variant variant(const char* name, const char* what, const Setup& setup, const Expectation& expect = {}) {
  return {.name = name,
          .what = what,
          .expect = expect,
          .model = with<StillRuntime>(setup),
          .real = with<RealRuntime>(setup)};
}

const ScenarioRegistration registration({
    .id = "launch-unchecked",
    .family = "B1",
    .title = "a recorder ignores that the launch of its host function failed",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .parameters = {{.name = "events", .standard = 2, .least = 1, .most = 4, .what = "events"}},
    .variants = {variant("buggy", "what the launch returned is ignored", {.checks = false, .counts = false},
                         {Outcome::violation, "B1: allocated - freed = queued + buffered"}),
                 variant("silent", "the event is freed, and nobody is told", {.counts = false},
                         {Outcome::violation, "B1: scheduled = delivered + dropped and counted"}),
                 variant("fixed", "freed, counted and returned", {})},
    .golden = "bytes leaked = failures x event size, events lost silently; fixed: ok",
});

}  // namespace
}  // namespace kvtool::launch_unchecked
