#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "lru-unlocked/actors.h"
#include "peek-then-claim/block_pool_parameters.h"

namespace kvtool::lru_unlocked {
namespace {

using namespace explore;
using block_pool::with;

const ScenarioRegistration registration({
    .id = "lru-unlocked",
    .family = "C1",
    .title = "free lists written for one thread, used by two",
    .source =
        "a TensorRT-LLM fork that gave the block pool a second thread: illegal memory access in attention",
    .parameters = block_pool::parameters(),
    .variants = {{.name = "buggy",
                  .what = "no lock: the lists are loaded, changed and stored back",
                  .expect = {Outcome::violation, "I"},
                  .model = with<UnlockedActors<ModelRuntime>>(),
                  .real = with<UnlockedActors<RealRuntime>>()},
                 {.name = "expiry-in-place",
                  .what = "a block's expiry changes while it is in the set that is ordered by it",
                  .expect = {Outcome::violation, "I4"},
                  .model = with<Expiry<ModelRuntime, ExpiryInPlace>>(),
                  .real = with<Expiry<RealRuntime, ExpiryInPlace>>()},
                 {.name = "expiry-moved",
                  .what = "out of the set, changed, and in again, in one hold",
                  .model = with<Expiry<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<Expiry<RealRuntime, pool::FixedProtocol>>()},
                 {.name = "fixed",
                  .what = "one mutex over the lists and the references",
                  .model = with<FixedActors<ModelRuntime>>(),
                  .real = with<FixedActors<RealRuntime>>()}},
    .golden = "none: I2, I3, I6, I7 (583 states)",
});

}  // namespace
}  // namespace kvtool::lru_unlocked
