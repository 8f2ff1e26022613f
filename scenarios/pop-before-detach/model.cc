#include <chrono>
#include <tuple>
#include <vector>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "peek-then-claim/block_pool_parameters.h"
#include "pop-before-detach/actors.h"

namespace kvtool::pop_before_detach {
namespace {

using namespace explore;

std::vector<ParameterSpec> parameters() {
  std::vector<ParameterSpec> all = block_pool::parameters();
  all.push_back(
      {.name = "copy",
       .standard = 20,
       .least = 0,
       .most = 10'000,
       .what = "time of a copy in real threads, in microseconds; in the model time does not count"});
  return all;
}

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters& p) {
    return std::tuple_cat(block_pool::sizes(p), std::tuple(std::chrono::microseconds(p.at("copy"))));
  });
}

const ScenarioRegistration registration({
    .id = "pop-before-detach",
    .family = "C3",
    .title = "a block that is being overwritten can still be found by its old content",
    .source = "the first fix of a TensorRT-LLM fork's block pool, and the later commit that completed it",
    .parameters = parameters(),
    .variants =
        {{.name = "buggy",
          .what = "popped atomically, detached after the copy; a lookup finds, then pins",
          .expect = {Outcome::violation, "I"},
          .model = with<Actors<ModelRuntime, LateDetach>>(),
          .real = with<Actors<RealRuntime, LateDetach>>()},
         {.name = "short-hold",
          .what =
              "popped and detached under the tree's lock, copied without it: the moving block is still found",
          .expect = {Outcome::violation, "I"},
          .model = with<AskForMoved<ModelRuntime, ShortHold>>(),
          .real = with<AskForMoved<RealRuntime, ShortHold>>()},
         {.name = "refuse-taken",
          .what = "the tree's lock over find and pin, and a taken block cannot be pinned; not held in a copy",
          .model = with<Actors<ModelRuntime, RefuseTaken>>(),
          .real = with<Actors<RealRuntime, RefuseTaken>>()},
         {.name = "refuse-taken-moved",
          .what = "the same, asked for the content that moves",
          .model = with<AskForMoved<ModelRuntime, RefuseTaken>>(),
          .real = with<AskForMoved<RealRuntime, RefuseTaken>>()},
         {.name = "fixed-moved",
          .what =
              "the tree's lock over pop, detach, copy, swap and release, asked for the content that moves",
          .model = with<AskForMoved<ModelRuntime, pool::FixedProtocol>>(),
          .real = with<AskForMoved<RealRuntime, pool::FixedProtocol>>()},
         {.name = "fixed",
          .what = "the tree's lock over pop, detach, copy, swap and release, and over find and pin",
          .model = with<Actors<ModelRuntime, pool::FixedProtocol>>(),
          .real = with<Actors<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "pop: I2, I6 (and I7 of count-then-pop); later: ok (61 states)",
});

}  // namespace
}  // namespace kvtool::pop_before_detach
