#include "core/device/sim/driver_model.h"

#include <gtest/gtest.h>

#include <set>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_event;
using sim::test::new_module;
using sim::test::new_stream;
using sim::test::observed;

TEST(DriverModel, EveryNamedModelIsFoundUnderItsName) {
  for (const std::string& name : driver_model_names()) {
    const auto model = find_driver_model(name);
    ASSERT_TRUE(model.has_value()) << name;
    EXPECT_EQ(model->name, name);
  }
  EXPECT_FALSE(find_driver_model("535-cuda11").has_value());
}

TEST(DriverModel, EveryCallHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t call = 0; call < kCalls; ++call) names.insert(call_name(static_cast<Call>(call)));
  EXPECT_EQ(names.size(), kCalls);
  EXPECT_FALSE(names.contains("unknown call"));
}

// No thread may hold W alone without C: a call that took them in turn could meet one that takes them the
// other way.
TEST(DriverModel, WhoHoldsTheLaunchLockAloneHoldsTheContextToo) {
  for (const std::string& name : driver_model_names()) {
    const DriverModel model = *find_driver_model(name);
    for (std::size_t call = 0; call < kCalls; ++call) {
      const Rule& rule = model.rules[call];
      EXPECT_TRUE(rule.launch != Hold::exclusive || rule.context == Hold::exclusive)
          << name << ", " << call_name(static_cast<Call>(call));
    }
  }
}

TEST(DriverModel, TheDeviceSaysWhichModelItFollows) {
  EXPECT_EQ(SimDevice(observed(driver_575_cuda12())).description(), "sim 575-cuda12");
}

// What cudaSetDevice does while another thread loads a module behind a stuck host function.
void expect_set_device_during_a_first_load(DriverModel model, bool blocks) {
  SimDevice device(observed(std::move(model)));
  const StreamId busy = new_stream(device), other = new_stream(device);
  const ModuleId cold = new_module(device);
  Gate gate{device};
  EXPECT_EQ(device.launch_host_function(busy, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();

  Attempt loader([&] { return device.launch_kernel(other, cold, {}); });
  EXPECT_TRUE(loader.blocks());
  Attempt setter([&] { return device.set_device(); });
  EXPECT_EQ(setter.blocks(), blocks);
  EXPECT_EQ(setter.waits_for(), blocks ? "driver-lock:R" : "");
  EXPECT_EQ(setter.inside(), blocks ? "cudaSetDevice" : "");
  gate.open();
}

TEST(DriverModel, On575SetDeviceBlocksDuringAFirstLoad) {
  expect_set_device_during_a_first_load(driver_575_cuda12(), true);
}

TEST(DriverModel, On580SetDeviceDoesNotBlockDuringAFirstLoad) {
  expect_set_device_during_a_first_load(driver_580_cuda13(), false);
}

void expect_event_destruction_behind_a_host_function(DriverModel model, bool blocks) {
  SimDevice device(observed(std::move(model)));
  const StreamId busy = new_stream(device);
  const EventId event = new_event(device);
  Gate gate{device};
  EXPECT_EQ(device.launch_host_function(busy, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();

  Attempt destroyer([&] { return device.destroy_event(event); });
  EXPECT_EQ(destroyer.blocks(), blocks);
  EXPECT_EQ(destroyer.waits_for(), blocks ? "device:idle" : "");
  gate.open();
  EXPECT_EQ(destroyer.result(), Status::ok);
}

TEST(DriverModel, OnHipDestroyingAnEventWaitsForAllStreams) {
  expect_event_destruction_behind_a_host_function(driver_hip(), true);
}

TEST(DriverModel, OnCudaDestroyingAnEventReturnsAtOnce) {
  expect_event_destruction_behind_a_host_function(driver_580_cuda13(), false);
}

}  // namespace
}  // namespace kvtool
