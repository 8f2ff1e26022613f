// The families of progress across ranks and processes (F) against their entries in the catalogue.
#include <gtest/gtest.h>

#include "support/scenario_check.h"

namespace kvtool::explore {
namespace {

TEST(ProgressScenarios, ConditionalCollective) { expect_catalogued("conditional-collective"); }
TEST(ProgressScenarios, LostWakeup) { expect_catalogued("lost-wakeup"); }
TEST(ProgressScenarios, PeerDoubleAdd) { expect_catalogued("peer-double-add"); }

}  // namespace
}  // namespace kvtool::explore
