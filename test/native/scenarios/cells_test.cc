// Scenarios that need a device and no search: each variant shows what it is said to, on the
// simulated device and through a driver library.
#include "kv-transfer/cells.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "core/device/cuda/stub_driver.h"
#include "core/device/sim/sim_device.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

void expect_all(Device& device) {
  for (const auto& [id, cell] : catalog())
    for (const Variant& variant : cell.variants) {
      const Finding finding = variant.run(device);
      EXPECT_TRUE(is_expected(variant, finding)) << id << " " << variant.name << ": " << finding.message;
      // A message is there when something is broken, and begins with the family.
      EXPECT_EQ(finding.message.starts_with(cell.family), finding.outcome == Outcome::violation) << id;
    }
}

TEST(Cells, ShowOnTheSimulatedDeviceWhatTheyAreSaidTo) {
  SimDevice device;
  expect_all(device);
}

TEST(Cells, ShowThroughADriverWhatTheyAreSaidTo) {
  cuda::test::StubDriver stub(cuda::Vendor::cuda);
  const auto device = stub.open();
  expect_all(*device);
}

// A GPU would wait for itself where a stream is held up when a kernel is loaded for the first time.
TEST(Cells, LoadTheTransferKernelsBeforeAnyStreamIsHeldUp) {
  for (const bool is_logged : {false, true}) {
    cuda::test::StubDriver stub(cuda::Vendor::cuda);
    const auto gpu = stub.open();
    races::AccessLog log;
    races::LoggedDevice logged(*gpu, log);
    const auto loads = [&] { return stub.calls("cuLibraryLoadData"); };
    const int before = loads();
    Ground ground(is_logged ? static_cast<Device&>(logged) : *gpu, small_cache(2), slots_from(16, 16), 0);
    const int with_ground = loads();
    EXPECT_GT(with_ground, before) << "logged: " << is_logged;
    ASSERT_EQ(ground.run(transfer::plan_of(ground.request(transfer::Direction::to_pages))), Status::ok);
    EXPECT_EQ(loads(), with_ground) << "logged: " << is_logged;
  }
}

TEST(Cells, BeginWithABugAndEndWithItsFix) {
  EXPECT_EQ(catalog().size(), 11u);
  for (const auto& [id, cell] : catalog()) {
    EXPECT_EQ(cell.variants.front().expect, Outcome::violation) << id;
    EXPECT_EQ(cell.variants.back().name, "fixed") << id;
    EXPECT_EQ(cell.variants.back().expect, Outcome::ok) << id;
  }
}

Finding run(const char* id, const char* name) {
  SimDevice device;
  for (const Variant& variant : catalog().at(id).variants)
    if (variant.name == name) return variant.run(device);
  return {};
}

std::map<std::string, std::int64_t> facts_of(const char* id, const char* name) {
  const Finding finding = run(id, name);
  return {finding.facts.begin(), finding.facts.end()};
}

TEST(Cells, FindTheSharesOfHitsThatOverlap) {
  const auto facts = facts_of("apc-overlap", "buggy");
  const std::map<std::string, std::int64_t> shares = {
      {"chunk 256, block 16: percent of hits", 94},  {"chunk 256, block 16: worst, tokens", 240},
      {"chunk 256, block 64: percent of hits", 76},  {"chunk 256, block 64: worst, tokens", 192},
      {"chunk 256, block 128: percent of hits", 52}, {"chunk 256, block 128: worst, tokens", 128},
      {"chunk 512, block 16: percent of hits", 97},  {"chunk 512, block 16: worst, tokens", 496}};
  for (const auto& [name, value] : shares) EXPECT_EQ(facts.at(name), value) << name;
}

// The bytes are right all the time; the log finds the shares that they show where they are wrong.
TEST(Cells, FindTheSameSharesByTheLogWhereNoByteIsWrong) {
  const auto by_bytes = facts_of("apc-overlap", "buggy"), same = facts_of("apc-overlap", "same-bytes");
  unsigned compared = 0;
  for (const auto& [name, value] : same)
    if (name.ends_with(" that race")) {
      EXPECT_EQ(value, by_bytes.at(name)) << name;
      EXPECT_EQ(value, by_bytes.at(name.substr(0, name.size() - std::strlen(" that race")))) << name;
      ++compared;
    } else {
      EXPECT_EQ(value, 0) << name;
    }
  EXPECT_EQ(compared, 4u);
}

// By what the log says alone, whatever the bytes are. Scenarios of which only some variants move bytes side
// by side are logged in these.
TEST(Cells, AreJudgedByTheLogAsByTheBytes) {
  SimDevice device;
  std::set<std::string> logged;
  for (const auto& [id, cell] : catalog())
    for (const Variant& variant : cell.variants) {
      const Finding finding = variant.run(device);
      if (!finding.ordering) continue;
      logged.insert(id);
      const auto& [counts, races] = *finding.ordering;
      EXPECT_EQ(!races.empty(), variant.expect == Outcome::violation) << id << " " << variant.name;
      EXPECT_EQ(counts.racing > 0, !races.empty()) << id << " " << variant.name;
      EXPECT_GT(counts.ordered, 0u) << id << " " << variant.name;
      EXPECT_EQ(counts.forgotten + counts.unknown, 0u) << id << " " << variant.name;
      for (const races::Race& race : races) {
        EXPECT_TRUE(race.first.site.where.is_known() && race.second.site.where.is_known()) << race.text();
        EXPECT_EQ(race.memory.find("without a name"), std::string::npos) << race.text();
        EXPECT_FALSE(race.first.submitter.empty() && race.second.submitter.empty()) << race.text();
      }
    }
  const std::set<std::string> expected = {"apc-overlap", "handle-before-record", "staging-reuse",
                                          "tmp-buffer", "two-offloads-one-slot"};
  EXPECT_EQ(logged, expected);
}

const races::Race& first_race(const Finding& finding) { return finding.ordering->races.at(0); }

TEST(Cells, NameTheEdgeThatIsMissing) {
  const auto missing = [](const char* id, const char* name) { return first_race(run(id, name)).missing; };
  EXPECT_EQ(
      missing("handle-before-record", "buggy"),
      "stream 2 waited for event 1 before anything was recorded in it, which is no wait: record it on "
      "stream 1 after \"the server loads a chunk\", and only then let stream 2 wait for it before \"the "
      "peer reads\"");
  EXPECT_EQ(missing("apc-overlap", "no-event-lucky"),
            "event 1 was recorded on stream 1 after \"the server loads a chunk\": let stream 2 wait for it "
            "before \"B's attention reads\"");
  EXPECT_EQ(
      missing("tmp-buffer", "lucky"),
      "one lock held over all that belongs together, as stream 1 runs \"request 0 gathers\" and "
      "\"request 1 gathers\" in the order in which thread request 0 and thread request 1 happen to call");
  EXPECT_EQ(missing("staging-reuse", "lucky"),
            "synchronise with event 1, which stream 1 recorded after \"step 0 is copied\", in thread CPU "
            "before \"step 1 is filled in\"");
  EXPECT_EQ(missing("two-offloads-one-slot", "lucky"),
            "event 1 was recorded on stream 1 after \"offload A\": let stream 2 wait for it before "
            "\"offload B\"");
}

TEST(Cells, CountTheTokensThatARoundedSkipRewrites) {
  auto facts = facts_of("skip-rounded-down", "buggy");
  EXPECT_EQ(facts["rewritten at skip 300"], 12);
  EXPECT_EQ(facts["rewritten at skip 255"], 15);
  EXPECT_EQ(facts["rewritten at skip 257"], 1);
}

}  // namespace
}  // namespace kvtool::cells
