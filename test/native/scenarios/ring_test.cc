// The families of the shared-memory ring (D1 to D7, ring-parked) against their entries in the catalogue, and
// the ring's question: which fences does it need?
#include <gtest/gtest.h>

#include <algorithm>

#include "core/explorer/explorer.h"
#include "ring/fence_sets.h"
#include "support/scenario_check.h"

namespace kvtool::ring {
namespace {

using explore::Conclusion;
using explore::MemoryModel;

TEST(RingScenarios, Ring) { explore::expect_catalogued("ring"); }
TEST(RingScenarios, PublishUnfenced) { explore::expect_catalogued("publish-unfenced"); }
TEST(RingScenarios, ClearUnfenced) { explore::expect_catalogued("clear-unfenced"); }
TEST(RingScenarios, LostNotify) { explore::expect_catalogued("lost-notify"); }
TEST(RingScenarios, SlotNotReleased) { explore::expect_catalogued("slot-not-released"); }
TEST(RingScenarios, DeadReader) { explore::expect_catalogued("dead-reader"); }
TEST(RingScenarios, SpinHoldsGil) { explore::expect_catalogued("spin-holds-gil"); }
TEST(RingScenarios, SkipSlot) { explore::expect_catalogued("skip-slot"); }
TEST(RingScenarios, RingParked) { explore::expect_catalogued("ring-parked"); }

// Readers R, slots S, messages (laps) L.
constexpr TrafficSize kR1S1L2{.slots = 1, .readers = 1, .messages = 2};
constexpr TrafficSize kR1S2L3{.slots = 2, .readers = 1, .messages = 3};
constexpr TrafficSize kR2S1L2{.slots = 1, .readers = 2, .messages = 2};

class FenceSets : public testing::TestWithParam<TrafficSize> {
 protected:
  std::vector<std::string> minimal(MemoryModel model, PayloadUse use) {
    const auto sets = minimal_fence_sets(kOrderingSites, model, GetParam(), use);
    EXPECT_TRUE(sets) << "too large to say";
    std::vector<std::string> names;
    if (sets)
      for (const FenceVerdict& set : *sets) names.push_back(text(set.sites));
    return names;
  }
  using Names = std::vector<std::string>;
};

TEST_P(FenceSets, NoneIsNeededUnderScAndTso) {
  for (const PayloadUse use : {PayloadUse::parsed, PayloadUse::copied}) {
    EXPECT_EQ(minimal(MemoryModel::sc, use), Names{"none"});
    EXPECT_EQ(minimal(MemoryModel::tso, use), Names{"none"});
  }
}
TEST_P(FenceSets, TwoOnTheWriterWhereStoresAreReordered) {
  for (const PayloadUse use : {PayloadUse::parsed, PayloadUse::copied})
    EXPECT_EQ(minimal(MemoryModel::pso, use), (Names{"WF0 + WF2", "WF1 + WF2"}));
}
TEST_P(FenceSets, OneMoreOnTheReaderWhereLoadsAre) {
  EXPECT_EQ(minimal(MemoryModel::arm, PayloadUse::parsed), Names{"WF1 + WF2 + RF1"});
}
TEST_P(FenceSets, AndAnotherWhereAStorePassesAnEarlierLoad) {
  EXPECT_EQ(minimal(MemoryModel::arm, PayloadUse::copied), Names{"WF1 + WF2 + RF1 + RF2"});
}
INSTANTIATE_TEST_SUITE_P(Sizes, FenceSets, testing::Values(kR1S1L2, kR1S2L3, kR2S1L2), [](const auto& each) {
  return "R" + std::to_string(each.param.readers) + "S" + std::to_string(each.param.slots) + "L" +
         std::to_string(each.param.messages);
});

// "Stuck in the store buffer" freezes nothing, whatever the fences and the model: a buffered store reaches
// memory in the end.
TEST(RingProgress, NoSetOfFencesFreezesTheRing) {
  const ChosenFences fences[] = {{},
                                 {.sites = kFirstUpstreamFences, .all_full = true},
                                 {.sites = kUpstreamFences, .all_full = true},
                                 {.sites = kArmFences}};
  for (const ChosenFences& each : fences)
    for (TrafficSize size : {kR1S1L2, kR1S2L3, kR2S1L2})
      for (const MemoryModel model :
           {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm}) {
        size.checked = false;
        explore::ExploreOptions options;
        options.model = model;
        const auto program = traffic_with(each, size, PayloadUse::parsed);
        const explore::Exploration result = explore::explore(*program, options);
        EXPECT_EQ(result.conclusion, Conclusion::proved)
            << text(each.sites) << " under " << to_string(model) << ": " << result.explanation
            << (result.failure ? to_string(result.failure->outcome) : "");
      }
}

// Every failure of the whole space, by what it is.
struct Kinds {
  bool stale = false, overwritten = false, lost_ack = false, other = false;
  bool operator==(const Kinds&) const = default;
};
Kinds kinds_of(ChosenFences fences, unsigned messages, MemoryModel model) {
  const auto program = traffic_with(fences, {.messages = messages}, PayloadUse::copied);
  const auto failures = all_failures(*program, model, 1'000'000);
  EXPECT_TRUE(failures) << "too large to say";
  Kinds kinds;
  if (failures)
    for (const std::string& failure : *failures) {
      kinds.stale |= failure.starts_with("J1");
      kinds.overwritten |= failure.starts_with("J2");
      kinds.lost_ack |= failure.starts_with("J4");
      kinds.other |= !failure.starts_with("J");
    }
  return kinds;
}

TEST(RingFailures, UnfencedByMemoryModel) {
  EXPECT_EQ(kinds_of({}, 2, MemoryModel::sc), Kinds{});
  EXPECT_EQ(kinds_of({}, 2, MemoryModel::tso), Kinds{});
  EXPECT_EQ(kinds_of({}, 1, MemoryModel::pso), (Kinds{.stale = true, .lost_ack = true}));
  EXPECT_EQ(kinds_of({}, 2, MemoryModel::arm), (Kinds{.stale = true, .overwritten = true, .lost_ack = true}));
}
TEST(RingFailures, WhatWasMergedUpstreamIsStaleOnArm) {
  const ChosenFences merged{.sites = kUpstreamFences, .all_full = true};
  EXPECT_EQ(kinds_of(merged, 2, MemoryModel::tso), Kinds{});
  EXPECT_EQ(kinds_of(merged, 1, MemoryModel::pso), Kinds{}) << "the first lap is in order";
  EXPECT_TRUE(kinds_of(merged, 2, MemoryModel::pso).stale) << "the second lap is not";
  EXPECT_TRUE(kinds_of(merged, 1, MemoryModel::arm).stale);
}
TEST(RingFailures, NothingIsLeftWithTheMinimalFences) {
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm})
    EXPECT_EQ(kinds_of({.sites = kArmFences}, 2, model), Kinds{});
}

// A death and a wait that ends for it are the same under every memory model.
TEST(RingProofs, DeadReaderUnderEveryMemoryModel) {
  const explore::Scenario& scenario = explore::catalog().at("dead-reader");
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm}) {
    SCOPED_TRACE(to_string(model));
    explore::ExploreOptions options;
    options.model = model;
    const auto conclusion_of = [&](const char* variant) {
      return explore::explore(*scenario.find(variant)->model(scenario.resolve({})), options).conclusion;
    };
    EXPECT_EQ(conclusion_of("buggy"), Conclusion::failed);
    EXPECT_EQ(conclusion_of("fixed"), Conclusion::proved);
  }
}

TEST(RingProofs, TwoReadersTwoSlotsFourLapsUnderTso) {
  const auto program = traffic_with({}, {.slots = 2, .readers = 2, .messages = 4}, PayloadUse::parsed);
  explore::ExploreOptions options;
  options.model = MemoryModel::tso;
  EXPECT_EQ(explore::explore(*program, options).conclusion, Conclusion::proved);
}

}  // namespace
}  // namespace kvtool::ring
