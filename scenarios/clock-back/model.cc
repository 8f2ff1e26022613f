#include <tuple>

#include "clock-back/actors.h"
#include "core/explorer/catalog.h"

namespace kvtool::clock_back {
namespace {

using namespace explore;

template <Stamp stamp, Anchor anchor>
ProgramFactory with() {
  return factory<ClockBack<stamp, anchor>>([](const Parameters& p) {
    return std::tuple(static_cast<std::uint64_t>(p.at("set-back")), static_cast<std::uint64_t>(p.at("span")));
  });
}

const ScenarioRegistration registration({
    .id = "clock-back",
    .family = "B5",
    .title = "the wall clock is set back while a span is open",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .parameters =
        {{.name = "set-back",
          .standard = 50,
          .least = 1,
          .most = 3'600'000'000,
          .what = "by how much the wall clock is set back, in us"},
         {.name = "span", .standard = 10, .least = 1, .most = 1000, .what = "length of the span, in us"}},
    .variants = {{.name = "buggy",
                  .what = "each event is stamped by the wall clock",
                  .expect = {Outcome::violation, "B5: a span is never negative"},
                  .model = with<Stamp::wall, Anchor::shared>()},
                 {.name = "own-anchors",
                  .what = "monotonic since an anchor, and each recorder takes its own",
                  .expect = {Outcome::violation, "B5: a span is never negative"},
                  .model = with<Stamp::monotonic, Anchor::own>()},
                 {.name = "fixed",
                  .what = "monotonic since one anchor",
                  .model = with<Stamp::monotonic, Anchor::shared>()}},
    .golden = "set back by 50 us between START and END: negative span, shown as 2^64 us; fixed: ok",
});

}  // namespace
}  // namespace kvtool::clock_back
