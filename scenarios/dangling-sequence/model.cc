#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "dangling-sequence/actors.h"

namespace kvtool::dangling_sequence {
namespace {

using namespace explore;

const ScenarioRegistration registration({
    .id = "dangling-sequence",
    .family = "C11",
    .title = "a look-up returns a reference that outlives the lock of its table",
    .source = "TensorRT-LLM 12251: getSequence",
    .variants = {{.name = "buggy",
                  .what = "another thread erases the entry meanwhile",
                  .expect = {Outcome::use_after_free, "use after free of a sequence"},
                  .model = factory<Sequences<ModelRuntime, Ending::erase, false>>(),
                  .real = factory<Sequences<RealRuntime, Ending::erase, false>>()},
                 {.name = "rehash",
                  .what = "another thread inserts, and the table moves its entries",
                  .expect = {Outcome::use_after_free, "use after free of a sequence"},
                  .model = factory<Sequences<ModelRuntime, Ending::rehash, false>>(),
                  .real = factory<Sequences<RealRuntime, Ending::rehash, false>>()},
                 {.name = "fixed",
                  .what = "the look-up becomes an owner; the last owner frees",
                  .model = factory<Sequences<ModelRuntime, Ending::erase, true>>(),
                  .real = factory<Sequences<RealRuntime, Ending::erase, true>>()}},
    .golden = "generation-tagged handles show it; no state count given",
});

}  // namespace
}  // namespace kvtool::dangling_sequence
