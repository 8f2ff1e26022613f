#include <gtest/gtest.h>

#include <vector>

#include "attempt.h"

namespace kvtool {
namespace {

using sim::test::new_stream;
using sim::test::observed;

class SimLaunchFailure : public ::testing::Test {
 protected:
  // The results of `count` launches, true for those that failed with `status`.
  std::vector<bool> failures(int count, Status status = Status::launch_failure) {
    std::vector<bool> failed;
    for (int i = 0; i < count; ++i) {
      const auto run = [](void* runs) { ++*static_cast<int*>(runs); };
      const Status result = device.launch_host_function(stream, run, &ran);
      EXPECT_TRUE(result == Status::ok || result == status);
      failed.push_back(result != Status::ok);
    }
    device.synchronize_stream(stream);
    return failed;
  }

  SimDevice device{observed()};
  const StreamId stream = new_stream(device);
  int ran = 0;
};

TEST_F(SimLaunchFailure, NothingFailsUninjected) {
  EXPECT_EQ(failures(3), (std::vector<bool>{false, false, false}));
  EXPECT_EQ(ran, 3);
}

TEST_F(SimLaunchFailure, TheNthFailsOnceAndRunsNothing) {
  device.inject_launch_failure({.nth = 2});
  EXPECT_EQ(failures(4), (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(ran, 3);
}

TEST_F(SimLaunchFailure, EveryKthFails) {
  device.inject_launch_failure({.every = 3, .status = Status::unknown});
  EXPECT_EQ(failures(7, Status::unknown), (std::vector<bool>{false, false, true, false, false, true, false}));
  EXPECT_EQ(ran, 5);
}

TEST_F(SimLaunchFailure, ANewInjectionCountsFromOneAndAnEmptyOneEndsIt) {
  device.inject_launch_failure({.every = 1});
  EXPECT_EQ(failures(2), (std::vector<bool>{true, true}));
  device.inject_launch_failure({.nth = 1});
  EXPECT_EQ(failures(2), (std::vector<bool>{true, false}));
  device.inject_launch_failure({});
  EXPECT_EQ(failures(2), (std::vector<bool>{false, false}));
}

}  // namespace
}  // namespace kvtool
