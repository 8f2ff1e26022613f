#include <gtest/gtest.h>

#include <atomic>
#include <string_view>
#include <utility>

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
  Gate first{device}, second{device};
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
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  Attempt launcher([&] { return device.launch_kernel(other, device.loaded_module(), {}); });
  EXPECT_FALSE(launcher.blocks());
  gate.open();
}

// The second thread is kept in front of C until the first has loaded the module and its kernel runs. If it
// then waited for the device as well, it would wait for that kernel.
TEST(SimFirstLoadRace, OfTwoThreadsThatLoadTheSameModuleOneWaitsForTheDevice) {
  std::atomic<int> idle_waits{0};  // two threads count; nothing else is ordered by it
  Gate* running = nullptr;         // set before the calls that use it
  SimOptions options = observed();
  options.on_wait = [&](std::string_view resource, std::string_view call) {
    if (resource == "device:idle" && ++idle_waits == 2) running->open();  // a failure, but no hang
    Attempt::report(resource, call);
  };
  options.on_contended = [&](std::string_view resource, std::string_view call) {
    Attempt::report(resource, call);
    running->wait_until_entered();
  };
  SimDevice device(std::move(options));
  const StreamId busy = new_stream(device), other = new_stream(device);
  const ModuleId cold = new_module(device);
  Gate host_function{device}, kernel{device};
  running = &kernel;
  device.launch_host_function(busy, Gate::pass, &host_function);
  Attempt one([&] { return device.launch_kernel(other, cold, kernel.kernel()); });
  EXPECT_TRUE(one.blocks());
  Attempt two([&] { return device.launch_kernel(other, cold, {}); });
  EXPECT_TRUE(two.blocks());
  EXPECT_EQ(two.waits_for(), "driver-lock:C");
  host_function.open();
  EXPECT_EQ(two.result(), Status::ok);
  EXPECT_EQ(idle_waits, 1);
  kernel.open();
}

TEST_F(SimFirstLoad, RegisteringAModuleLoadsNothing) {
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  ModuleId late{};
  Attempt registers([&] { return device.create_module(&late); });
  EXPECT_FALSE(registers.blocks());
  EXPECT_EQ(device.function_attributes(late), Status::ok);
  gate.open();
}

}  // namespace
}  // namespace kvtool
