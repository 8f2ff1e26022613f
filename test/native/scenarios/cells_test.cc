// Scenarios that need a device and no search (family E): each variant shows what it is said to, on the
// simulated device and through a driver library.
#include "kv-transfer/cells.h"

#include <gtest/gtest.h>

#include <map>

#include "core/device/cuda/stub_driver.h"
#include "core/device/sim/sim_device.h"

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
  stub.forget();  // streams of the cells go with the device
  const auto device = stub.open();
  expect_all(*device);
}

TEST(Cells, BeginWithABugAndEndWithItsFix) {
  EXPECT_EQ(catalog().size(), 9u);
  for (const auto& [id, cell] : catalog()) {
    EXPECT_EQ(cell.variants.front().expect, Outcome::violation) << id;
    EXPECT_EQ(cell.variants.back().name, "fixed") << id;
    EXPECT_EQ(cell.variants.back().expect, Outcome::ok) << id;
  }
}

std::map<std::string, std::int64_t> facts_of(const char* id, const char* name) {
  SimDevice device;
  for (const Variant& variant : catalog().at(id).variants)
    if (variant.name == name) {
      const Finding finding = variant.run(device);
      return {finding.facts.begin(), finding.facts.end()};
    }
  return {};
}

TEST(Cells, FindTheSharesOfHitsThatOverlap) {
  const auto facts = facts_of("apc-overlap", "buggy");
  const std::map<std::string, std::int64_t> shares = {
      {"chunk 256, block 16: percent of hits", 94},  {"chunk 256, block 16: worst, tokens", 240},
      {"chunk 256, block 64: percent of hits", 76},  {"chunk 256, block 64: worst, tokens", 192},
      {"chunk 256, block 128: percent of hits", 52}, {"chunk 256, block 128: worst, tokens", 128},
      {"chunk 512, block 16: percent of hits", 97},  {"chunk 512, block 16: worst, tokens", 496}};
  EXPECT_EQ(facts, shares);
}

TEST(Cells, CountTheTokensThatARoundedSkipRewrites) {
  auto facts = facts_of("skip-rounded-down", "buggy");
  EXPECT_EQ(facts["rewritten at skip 300"], 12);
  EXPECT_EQ(facts["rewritten at skip 255"], 15);
  EXPECT_EQ(facts["rewritten at skip 257"], 1);
}

}  // namespace
}  // namespace kvtool::cells
