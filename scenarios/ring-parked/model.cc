#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "ring-parked/actors.h"

namespace kvtool::ring_parked {
namespace {

using namespace explore;

template <class Rt, ParkingFences fences>
ProgramFactory with() {
  return factory<Parked<Rt, fences>>(
      [](const Parameters& p) { return std::tuple(static_cast<unsigned>(p.at("messages"))); });
}

template <ParkingFences fences>
Variant variant(const char* name, const char* what) {
  const bool fails = fences != ParkingFences::both;
  return {.name = name,
          .what = what,
          .expect = {fails ? Outcome::deadlock : Outcome::ok, ""},
          // A store that passes a later load: everywhere but under sequential consistency.
          .models = fails ? std::vector{MemoryModel::tso, MemoryModel::pso, MemoryModel::arm}
                          : std::vector<MemoryModel>(),
          .model = with<ModelRuntime, fences>(),
          .real = with<RealRuntime, fences>(),
          .real_may_not_show = fails};
}

const ScenarioRegistration registration({
    .id = "ring-parked",
    .family = "D",
    .title = "a reader parks while the writer's store is still in its buffer",
    .source = "the store-buffering pattern, in every wait that sleeps: docs/ring.md",
    .parameters = {{.name = "messages", .standard = 1, .least = 1, .most = 100'000, .what = "messages"}},
    .variants = {variant<ParkingFences::none>("buggy", "no fence between one's own flag and the other's"),
                 variant<ParkingFences::writer>("writer-only", "a full fence on the writer's side"),
                 variant<ParkingFences::reader>("reader-only", "a full fence on the reader's side"),
                 variant<ParkingFences::both>("fixed", "a full fence on both sides")},
    .model = MemoryModel::tso,
    .golden = "freezes on TSO without a fence on both sides; never under SC",
});

}  // namespace
}  // namespace kvtool::ring_parked
