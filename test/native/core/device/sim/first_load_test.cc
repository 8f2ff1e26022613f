#include <gtest/gtest.h>

#include <array>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_module;
using sim::test::new_stream;
using sim::test::observed;

class SimFirstLoad : public ::testing::Test {
 protected:
  SimDevice device{observed()};
  const StreamId busy = new_stream(device);
  const StreamId other = new_stream(device);
  const ModuleId cold = new_module(device);
};

TEST_F(SimFirstLoad, TheFirstLaunchWaitsForTheDeviceAndLaterOnesDoNot) {
  Gate first, second;
  int ran = 0;
  const auto launch = [&] { return device.launch_kernel(other, cold, [&] { ++ran; }); };
  device.launch_host_function(busy, Gate::pass, &first);
  Attempt loader(launch);
  EXPECT_TRUE(loader.blocks());
  EXPECT_EQ(loader.waits_for(), "device:idle");
  EXPECT_EQ(loader.inside(), "cudaLaunchKernel (first load)");
  EXPECT_EQ(device.waiting_for_idle(), 1u);
  first.open();
  EXPECT_EQ(loader.result(), Status::ok);

  device.launch_host_function(busy, Gate::pass, &second);
  Attempt again(launch);
  EXPECT_FALSE(again.blocks());
  EXPECT_EQ(device.synchronize_stream(other), Status::ok);
  EXPECT_EQ(ran, 2);
  second.open();
}

TEST_F(SimFirstLoad, OnAnIdleDeviceItDoesNotBlock) {
  Attempt loader([&] { return device.launch_kernel(other, cold, {}); });
  EXPECT_FALSE(loader.blocks());
}

TEST_F(SimFirstLoad, ALoadedModuleNeverLoads) {
  Gate gate;
  device.launch_host_function(busy, Gate::pass, &gate);
  Attempt launcher([&] { return device.launch_kernel(other, device.loaded_module(), {}); });
  EXPECT_FALSE(launcher.blocks());
  gate.open();
}

TEST_F(SimFirstLoad, OfTwoThreadsThatLoadTheSameModuleOneWaitsForTheDevice) {
  Gate gate;
  int ran = 0;
  device.launch_host_function(busy, Gate::pass, &gate);
  const auto launch = [&] { return device.launch_kernel(other, cold, [&] { ++ran; }); };
  Attempt one(launch);
  ASSERT_TRUE(one.blocks());
  Attempt two(launch);
  ASSERT_TRUE(two.blocks());
  EXPECT_EQ(two.waits_for(), "driver-lock:C");
  EXPECT_EQ(device.waiting_for_idle(), 1u);
  gate.open();
  EXPECT_EQ(one.result(), Status::ok);
  EXPECT_EQ(two.result(), Status::ok);
  EXPECT_EQ(two.waits_for(), "driver-lock:C");  // it never came to wait for anything else
  device.synchronize_device();
  EXPECT_EQ(ran, 2);
}

TEST_F(SimFirstLoad, RegisteringAModuleLoadsNothing) {
  Gate gate;
  device.launch_host_function(busy, Gate::pass, &gate);
  ModuleId late{};
  Attempt registers([&] { return device.create_module(&late); });
  EXPECT_FALSE(registers.blocks());
  EXPECT_EQ(device.function_attributes(late), Status::ok);
  gate.open();
}

}  // namespace
}  // namespace kvtool
