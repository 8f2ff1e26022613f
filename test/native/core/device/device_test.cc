#include "core/device/device.h"

#include <gtest/gtest.h>

namespace kvtool {
namespace {

TEST(DeviceStatus, EveryStatusHasAName) {
  EXPECT_EQ(to_string(Status::ok), "ok");
  EXPECT_EQ(to_string(Status::invalid_value), "invalid value");
  EXPECT_EQ(to_string(Status::out_of_memory), "out of memory");
  EXPECT_EQ(to_string(Status::invalid_handle), "invalid handle");
  EXPECT_EQ(to_string(Status::not_ready), "not ready");
  EXPECT_EQ(to_string(Status::launch_failure), "launch failure");
  EXPECT_EQ(to_string(Status::not_supported), "not supported");
  EXPECT_EQ(to_string(Status::unknown), "unknown error");
}

TEST(DeviceStatus, ANumberOfTheDriverThatNoOneNamedIsUnknown) {
  EXPECT_EQ(to_string(static_cast<Status>(700)), "unknown error");
}

}  // namespace
}  // namespace kvtool
