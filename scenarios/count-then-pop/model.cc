#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "count-then-pop/actors.h"
#include "peek-then-claim/block_pool_parameters.h"

namespace kvtool::count_then_pop {
namespace {

using namespace explore;
using block_pool::with;

const ScenarioRegistration registration({
    .id = "count-then-pop",
    .family = "C4",
    .title = "a free block is counted, and gone when it is popped",
    .source = "a TensorRT-LLM fork's block pool: \"No free block found\" in the scheduler's loop",
    .parameters = block_pool::parameters(),
    .variants = {{.name = "buggy",
                  .what = "count, then a pop that throws when there is none",
                  .expect = {Outcome::violation, "I7"},
                  .model = with<Actors<ModelRuntime, CountThenPop>>(),
                  .real = with<Actors<RealRuntime, CountThenPop>>()},
                 {.name = "fixed",
                  .what = "a pop that may return nothing; then the content is dropped",
                  .model = with<Actors<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<Actors<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "I7 in 4 steps; later: ok (61 states)",
});

}  // namespace
}  // namespace kvtool::count_then_pop
