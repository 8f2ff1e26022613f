#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "lost-notify/actors.h"

namespace kvtool::lost_notify {
namespace {

using namespace explore;

template <class Rt, Poll poll>
ProgramFactory with() {
  return factory<LostNotify<Rt, poll>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("messages"))); });
}

const ScenarioRegistration registration({
    .id = "lost-notify",
    .family = "D3",
    .title = "a dropped ping parks a reader for ever",
    .source = "vLLM: https://github.com/vllm-project/vllm/pull/45224",
    .parameters = {{.name = "messages", .standard = 2, .least = 1, .most = 4, .what = "messages"}},
    .variants = {{.name = "buggy",
                  .what = "the reader polls without a limit",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<ModelRuntime, Poll::unbounded>(),
                  .real = with<RealRuntime, Poll::unbounded>()},
                 {.name = "reliable",
                  .what = "the same over a channel that drops nothing",
                  .model = with<ModelRuntime, Poll::reliable>(),
                  .real = with<RealRuntime, Poll::reliable>()},
                 {.name = "fixed",
                  .what = "the poll ends after a while, and the flag is looked at again",
                  .model = with<ModelRuntime, Poll::rechecked>()}},
    .limits = {.timeouts = 3},
    .golden = "S5: unbounded poll and a lost notify: deadlock (13 states); bounded: ok",
});

}  // namespace
}  // namespace kvtool::lost_notify
