#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "evicted-before-send/actors.h"

namespace kvtool::evicted_before_send {
namespace {

using namespace explore;

const ScenarioRegistration registration({
    .id = "evicted-before-send",
    .family = "C8",
    .title = "a block is evicted before the asynchronous sender looks it up, and nobody tells the receiver",
    .source = "TensorRT-LLM 12542, 12540: decode waits for ever",
    .variants = {{.name = "buggy",
                  .what = "the sender logs an error and sends nothing",
                  .expect = {Outcome::deadlock, ""},
                  .model = factory<Transfer<ModelRuntime, Handover::silent>>(),
                  .real = factory<Transfer<RealRuntime, Handover::silent>>()},
                 {.name = "error-reply",
                  .what = "the sender answers with an error: nobody hangs, the work is lost",
                  .model = factory<Transfer<ModelRuntime, Handover::replies>>(),
                  .real = factory<Transfer<RealRuntime, Handover::replies>>()},
                 {.name = "bounded-wait",
                  .what = "the receiver gives up after a time",
                  .model = factory<Transfer<ModelRuntime, Handover::gives_up>>(),
                  .real = factory<Transfer<RealRuntime, Handover::gives_up>>()},
                 {.name = "fixed",
                  .what = "pinned from completion until sent, and an error would be answered",
                  .model = factory<Transfer<ModelRuntime, Handover::stays_pinned>>(),
                  .real = factory<Transfer<RealRuntime, Handover::stays_pinned>>()}},
    .golden = "deadlock (11 states); with an error reply ok (12 states)",
});

}  // namespace
}  // namespace kvtool::evicted_before_send
