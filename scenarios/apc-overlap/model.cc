#include <tuple>

#include "apc-overlap/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::apc_overlap {
namespace {

using namespace explore;

template <bool kContent>
ProgramFactory with(const Setup& setup) {
  return factory<ApcOverlap<ModelRuntime, kContent>>([setup](const Parameters& p) {
    Setup own = setup;
    own.hit = static_cast<unsigned>(p.at("hit"));
    own.chunk =
        setup.chunk == 0 ? static_cast<unsigned>(p.at("block")) : static_cast<unsigned>(p.at("chunk"));
    return std::tuple(own);
  });
}

const ScenarioRegistration registration({
    .id = "apc-overlap",
    .family = "E1",
    .title = "a retrieve rewrites blocks that a running request shares",
    .source = "https://github.com/LMCache/LMCache/pull/2706",
    .parameters =
        {{.name = "chunk",
          .standard = 256,
          .least = 1,
          .most = 4096,
          .what = "tokens of a chunk of the server"},
         {.name = "block",
          .standard = 16,
          .least = 1,
          .most = 4096,
          .what = "tokens of a block of the engine"},
         {.name = "hit", .standard = 288, .least = 0, .most = 65536, .what = "tokens that the engine has"}},
    .variants = {{.name = "buggy",
                  .what = "the start is rounded down to a chunk; the kernel writes from there",
                  .expect = {Outcome::violation, "E1"},
                  .model = with<true>({})},
                 {.name = "race",
                  .what = "the same by the order of accesses alone: found in any execution",
                  .expect = {Outcome::race, "data race on shared block"},
                  .model = with<false>({})},
                 {.name = "no-event",
                  .what = "skips what the engine has, but B's stream does not wait for the transfer's event",
                  .expect = {Outcome::violation, "E1"},
                  .model = with<true>({.skips = true, .waits_for_event = false})},
                 {.name = "no-event-race",
                  .what = "the same by the order of accesses alone",
                  .expect = {Outcome::race, "data race on B's block"},
                  .model = with<false>({.skips = true, .waits_for_event = false})},
                 {.name = "chunk-is-block",
                  .what = "nothing is skipped, but a chunk is as long as a block: how a test hid it",
                  .model = with<true>({.chunk = 0})},
                 {.name = "fixed-order",
                  .what = "as fixed, by the order of accesses",
                  .model = with<false>({.skips = true})},
                 {.name = "fixed",
                  .what = "the transfer writes only rows that the engine does not have",
                  .model = with<true>({.skips = true})}},
    .golden = "overlap of 94 % of hits at chunk 256, block 16; fixed: writes and shared blocks are disjoint",
});

}  // namespace
}  // namespace kvtool::apc_overlap
