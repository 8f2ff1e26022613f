#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "handle-before-record/actors.h"

namespace kvtool::handle_before_record {
namespace {

using namespace explore;

template <bool kContent>
ProgramFactory with(const Setup& setup) {
  return factory<HandleBeforeRecord<ModelRuntime, kContent>>(
      [setup](const Parameters&) { return std::tuple(setup); });
}

const ScenarioRegistration registration({
    .id = "handle-before-record",
    .family = "E7",
    .title = "an event's handle is given away before the event is recorded",
    .source = "https://github.com/LMCache/LMCache/issues/3388",
    .variants = {{.name = "buggy",
                  .what = "the peer's wait for an event never recorded passes at once",
                  .expect = {Outcome::violation, "E7"},
                  .model = with<true>({.handle_first = true})},
                 {.name = "race",
                  .what = "the same by the order of accesses alone",
                  .expect = {Outcome::race, "data race on block"},
                  .model = with<false>({.handle_first = true})},
                 {.name = "recorder-dies",
                  .what = "the peer waits until the event is recorded; the server dies before",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<true>({.handle_first = true, .recorder_dies = true})},
                 {.name = "result-ignored",
                  .what = "recorded first, but the transfer failed and the peer does not look at its result",
                  .expect = {Outcome::violation, "E7"},
                  .model = with<true>({.transfer_fails = true, .result_ignored = true})},
                 {.name = "fixed-failure",
                  .what = "the transfer failed; the peer computes the tokens again",
                  .model = with<true>({.transfer_fails = true})},
                 {.name = "fixed-order",
                  .what = "as fixed, by the order of accesses",
                  .model = with<false>({})},
                 {.name = "fixed", .what = "recorded first, then handed over", .model = with<true>({})}},
    .golden = "the peer uses blocks that were not filled; recorded first and the result checked: ok",
});

}  // namespace
}  // namespace kvtool::handle_before_record
