#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "peek-then-claim/actors.h"
#include "peek-then-claim/block_pool_parameters.h"

namespace kvtool::peek_then_claim {
namespace {

using namespace explore;
using block_pool::with;

const ScenarioRegistration registration({
    .id = "peek-then-claim",
    .family = "C2",
    .title = "a block pool chooses its victim in one critical section and takes it in the next",
    .source = "a TensorRT-LLM fork that gave the block pool a second thread (remote reads of the host cache)",
    .parameters = block_pool::parameters(),
    .variants =
        {{.name = "buggy",
          .what = "a lock for each operation: peek, then claim",
          .expect = {Outcome::violation, "I"},
          .model = with<Actors<ModelRuntime, PeekThenClaim>>(),
          .real = with<Actors<RealRuntime, PeekThenClaim>>()},
         {.name = "pop-atomically",
          .what = "chosen and taken in one hold, but found by hash until the copy is done",
          .expect = {Outcome::violation, "I"},
          .model = with<Actors<ModelRuntime, PopAtomically>>(),
          .real = with<Actors<RealRuntime, PopAtomically>>()},
         {.name = "fixed",
          .what = "taken and detached in one hold of the tree's lock, which a lookup holds over find and pin",
          .model = with<Actors<ModelRuntime, pool::FixedProtocol>>(),
          .real = with<Actors<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "perop: I2 (reads AB, AA, BA), I3, I6; pop: I2, I6; later: ok (61 states)",
});

}  // namespace
}  // namespace kvtool::peek_then_claim
