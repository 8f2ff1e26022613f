#include <cstdint>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "lock-asymmetry/actors.h"

namespace kvtool::lock_asymmetry {
namespace {

using namespace explore;

template <class State>
ProgramFactory with() {
  return factory<State>([](const Parameters& p) {
    return std::tuple(static_cast<std::uint32_t>(p.at("chunks")), static_cast<std::uint32_t>(p.at("rounds")));
  });
}

const ScenarioRegistration registration({
    .id = "lock-asymmetry",
    .family = "C12",
    .title = "allocating takes a lock, freeing does not",
    .source = "LMCache 1858",
    .parameters =
        {{.name = "chunks", .standard = 2, .least = 1, .most = 16, .what = "chunks of memory"},
         {.name = "rounds", .standard = 2, .least = 1, .most = 1000, .what = "allocations of each thread"}},
    .variants = {{.name = "buggy",
                  .what = "free goes to the inner allocator, without the wrapper's lock",
                  .expect = {Outcome::violation, "I"},
                  .model = with<Allocator<ModelRuntime, FreeUnlocked, true>>(),
                  .real = with<Allocator<RealRuntime, FreeUnlocked, true>>()},
                 {.name = "fixed",
                  .what = "both under one lock",
                  .model = with<Allocator<ModelRuntime, pool::FixedProtocol>>(),
                  .real = with<Allocator<RealRuntime, pool::FixedProtocol>>()}},
    .golden = "the free list is corrupted: overlapping allocations",
});

}  // namespace
}  // namespace kvtool::lock_asymmetry
