#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "onboard-pinned/actors.h"

namespace kvtool::onboard_pinned {
namespace {

using namespace explore;

const ScenarioRegistration registration({
    .id = "onboard-pinned",
    .family = "C5",
    .title = "a block is moved to device memory while it is read in host memory",
    .source = "a TensorRT-LLM fork's block pool; the check before the copy was its first fix",
    .variants = {{.name = "buggy",
                  .what = "copies and swaps whoever has a pin",
                  .expect = {Outcome::violation, "I1"},
                  .model = factory<Onboarding<ModelRuntime, NoCheck, BackedOut::skips>>(),
                  .real = factory<Onboarding<RealRuntime, NoCheck, BackedOut::skips>>()},
                 {.name = "fast-check",
                  .what = "asks for pins before the copy only",
                  .expect = {Outcome::violation, "I1"},
                  .model = factory<Onboarding<ModelRuntime, FastCheck, BackedOut::skips>>(),
                  .real = factory<Onboarding<RealRuntime, FastCheck, BackedOut::skips>>()},
                 {.name = "ignored",
                  .what = "asks again with the swap, and the caller goes on as if it had been moved",
                  .expect = {Outcome::violation, "I1"},
                  .model = factory<Onboarding<ModelRuntime, DoubleCheck, BackedOut::ignores>>(),
                  .real = factory<Onboarding<RealRuntime, DoubleCheck, BackedOut::ignores>>()},
                 {.name = "double-check",
                  .what = "asks again with the swap; the caller goes without",
                  .model = factory<Onboarding<ModelRuntime, DoubleCheck, BackedOut::skips>>(),
                  .real = factory<Onboarding<RealRuntime, DoubleCheck, BackedOut::skips>>()},
                 {.name = "fixed",
                  .what = "asks again with the swap, and retries when the other pins are gone",
                  .model = factory<Onboarding<ModelRuntime, pool::FixedProtocol, BackedOut::retries>>(),
                  .real = factory<Onboarding<RealRuntime, pool::FixedProtocol, BackedOut::retries>>()}},
    .golden = "nocheck and fast: a pinned block is relocated, 5 steps; double: ok (35 states)",
});

}  // namespace
}  // namespace kvtool::onboard_pinned
