#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "peer-double-add/actors.h"

namespace kvtool::peer_double_add {
namespace {

using namespace explore;

template <Lock kind>
ProgramFactory with() {
  return factory<PeerDoubleAdd<ModelRuntime, kind>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("threads"))); });
}

const ScenarioRegistration registration({
    .id = "peer-double-add",
    .family = "F9",
    .title = "a peer is looked up and added in two steps",
    .source = "LightLLM 1505: an unlocked check-then-add of a NIXL peer",
    .parameters = {{.name = "threads", .standard = 2, .least = 2, .most = 4, .what = "threads on one map"}},
    .variants = {{.name = "buggy",
                  .what = "no lock",
                  .expect = {Outcome::violation, "a peer"},
                  .model = with<Lock::none>()},
                 {.name = "lock-each-step",
                  .what = "a lock for the look and one for the add",
                  .expect = {Outcome::violation, "a peer"},
                  .model = with<Lock::each_step>()},
                 {.name = "fixed", .what = "one hold over both", .model = with<Lock::both_steps>()}},
    .golden = "S13: added twice (17 states); locked: ok (16)",
});

}  // namespace
}  // namespace kvtool::peer_double_add
