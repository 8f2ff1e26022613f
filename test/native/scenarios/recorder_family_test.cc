// The recorder and its bus (family B): in the model, and in real threads.
#include <gtest/gtest.h>

#include <string>

#include "core/explorer/catalog.h"
#include "support/scenario_check.h"
#include "support/scenario_real.h"

namespace kvtool::explore {
namespace {

TEST(RecorderFamily, LaunchUnchecked) { expect_catalogued("launch-unchecked"); }
TEST(RecorderFamily, SharedRecorder) { expect_catalogued("shared-recorder"); }
TEST(RecorderFamily, BoolMetadata) { expect_catalogued("bool-metadata"); }
TEST(RecorderFamily, DrainThreadDies) { expect_catalogued("drain-thread-dies"); }
TEST(RecorderFamily, CapBypassed) { expect_catalogued("cap-bypassed"); }
TEST(RecorderFamily, ClockBack) { expect_catalogued("clock-back"); }

// Whatever is expected of a variant in the model is what its real threads show.
void expect_for_real(const char* id, const Parameters& parameters) {
  const Scenario& scenario = catalog().at(id);
  for (const Variant& variant : scenario.variants) {
    SCOPED_TRACE(std::string(id) + " " + variant.name);
    ASSERT_TRUE(variant.real);
    const auto program = variant.real(scenario.resolve(parameters));
    if (variant.expect.outcome == Outcome::ok) {
      EXPECT_TRUE(first_broken(*program, 200).empty());
      continue;
    }
    const auto broken = first_broken(*program, 20'000);
    ASSERT_FALSE(broken.empty()) << "nothing broke";
    EXPECT_TRUE(broken.front().starts_with(variant.expect.message)) << broken.front();
  }
}

TEST(RecorderFamilyForReal, SharedRecorder) { expect_for_real("shared-recorder", {}); }
TEST(RecorderFamilyForReal, SharedRecorderWithMoreEvents) {
  const Scenario& scenario = catalog().at("shared-recorder");
  for (const char* fixed : {"fixed", "late-fixed", "tagged"}) {
    const auto program = scenario.find(fixed)->real(scenario.resolve({{"events", 4}}));
    EXPECT_TRUE(first_broken(*program, 200).empty()) << fixed;
  }
}
TEST(RecorderFamilyForReal, LaunchUnchecked) { expect_for_real("launch-unchecked", {}); }
TEST(RecorderFamilyForReal, BoolMetadata) { expect_for_real("bool-metadata", {}); }
TEST(RecorderFamilyForReal, DrainThreadDies) { expect_for_real("drain-thread-dies", {}); }
TEST(RecorderFamilyForReal, CapBypassed) { expect_for_real("cap-bypassed", {}); }

// What decides is whether the step is longer than what passed since.
TEST(RecorderFamily, ASpanLongerThanTheStepIsPositiveAndStillTooShort) {
  const Scenario& scenario = catalog().at("clock-back");
  const auto program = scenario.find("buggy")->model(scenario.resolve({{"set-back", 5}}));
  const Exploration result = explore(*program, {});
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->message, "B5: a span is as long as what passed");
}

TEST(RecorderFamily, ARecorderWithAnotherCapacityIsBoundedAsWell) {
  const Scenario& scenario = catalog().at("cap-bypassed");
  for (const int capacity : {1, 3}) {
    const Parameters parameters = scenario.resolve({{"capacity", capacity}});
    EXPECT_EQ(explore(*scenario.find("fixed")->model(parameters), {}).conclusion, Conclusion::proved);
    EXPECT_EQ(explore(*scenario.find("buggy")->model(parameters), {}).conclusion, Conclusion::failed);
  }
}

}  // namespace
}  // namespace kvtool::explore
