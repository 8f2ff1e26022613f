#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "hopeless-wait/actors.h"

namespace kvtool::hopeless_wait {
namespace {

using namespace explore;

template <class Rt, Wait wait>
ProgramFactory with() {
  return factory<HopelessWait<Rt, wait>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("loads")), static_cast<unsigned>(p.at("chunks")),
                      static_cast<unsigned>(p.at("batch")));
  });
}

const ScenarioRegistration registration({
    .id = "hopeless-wait",
    .family = "F7",
    .title = "an allocation waits for memory that nobody can give back",
    .source = "LMCache: https://github.com/LMCache/LMCache/issues/2942",
    .parameters =
        {{.name = "loads", .standard = 2, .least = 1, .most = 8, .what = "loads at the same time"},
         {.name = "chunks", .standard = 2, .least = 1, .most = 16, .what = "chunks of the staging pool"},
         {.name = "batch", .standard = 2, .least = 1, .most = 32, .what = "chunks that one load needs"}},
    .variants = {{.name = "buggy",
                  .what = "looks again and again whether a chunk is free",
                  .expect = {Outcome::livelock, ""},
                  .model = with<ModelRuntime, Wait::looping>(),
                  .real = with<RealRuntime, Wait::looping>()},
                 {.name = "asleep",
                  .what = "the same wait without the load on the processor",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<ModelRuntime, Wait::asleep>(),
                  .real = with<RealRuntime, Wait::asleep>()},
                 {.name = "fails-at-once",
                  .what = "an empty pool is an error, also where a wait would have helped",
                  .model = with<ModelRuntime, Wait::never>(),
                  .real = with<RealRuntime, Wait::never>()},
                 {.name = "fixed",
                  .what = "waits while somebody can give a chunk back, and fails otherwise",
                  .model = with<ModelRuntime, Wait::while_it_helps>(),
                  .real = with<RealRuntime, Wait::while_it_helps>()}},
    .golden = "S10: nobody can change the condition (1 state)",
});

}  // namespace
}  // namespace kvtool::hopeless_wait
