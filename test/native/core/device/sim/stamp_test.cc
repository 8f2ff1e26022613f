// Stamps on the simulated device: where they come in a stream, and where the call blocks.
#include <gtest/gtest.h>

#include "attempt.h"
#include "core/device/stamp_access.h"
#include "core/runtime/real_clock.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_buffer;
using sim::test::new_module;
using sim::test::new_stream;
using sim::test::observed;

class SimStamp : public ::testing::Test {
 protected:
  SimStamp() { *slot = {}; }
  SimDevice device{observed()};
  const StreamId stream = new_stream(device);
  StampSlot* const slot = static_cast<StampSlot*>(new_buffer(device, sizeof(StampSlot), MemoryKind::pinned));
};

TEST_F(SimStamp, ComesWhenTheStreamComesToIt) {
  const std::uint64_t before = RealClock::monotonic_ns();
  {
    Gate gate(device);
    ASSERT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
    gate.wait_until_entered();
    ASSERT_EQ(device.stamp(stream, slot, 5), Status::ok);
    EXPECT_EQ(read_stamp(*slot).sequence, 0u) << "the kernel has not ended";
  }
  ASSERT_EQ(device.synchronize_stream(stream), Status::ok);
  const StampReading stamp = read_stamp(*slot);
  EXPECT_EQ(stamp.sequence, 5u);
  EXPECT_GE(stamp.time - SimDevice::kDeviceEpoch, before);
  EXPECT_LE(stamp.time - SimDevice::kDeviceEpoch, RealClock::monotonic_ns());
}

TEST_F(SimStamp, RefusesWhatDoesNotExist) {
  EXPECT_EQ(device.stamp(StreamId{99}, slot, 1), Status::invalid_handle);
  EXPECT_EQ(device.stamp(stream, nullptr, 1), Status::invalid_value);
}

// As the launch of a loaded kernel: W shared, and nothing else.
TEST_F(SimStamp, WaitsForTheLaunchLockLikeALaunch) {
  const StreamId other = new_stream(device), third = new_stream(device);
  Gate gate(device);
  ASSERT_EQ(device.launch_host_function(stream, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  Attempt beside([&] { return device.stamp(other, slot, 1); });
  EXPECT_FALSE(beside.blocks()) << "a stuck host function keeps no launch out";
  const ModuleId cold = new_module(device);
  Attempt loads([&] { return device.launch_kernel(other, cold, {}); });
  EXPECT_TRUE(loads.blocks());
  Attempt behind([&] { return device.stamp(third, slot, 2); });
  EXPECT_TRUE(behind.blocks());
  EXPECT_EQ(behind.waits_for(), "driver-lock:W");
  gate.open();
  EXPECT_EQ(behind.result(), Status::ok);
}

TEST(SimStampQueue, TakesAnEntryOfTheQueue) {
  SimOptions options = observed();
  options.queue_capacity = 2;
  SimDevice device(std::move(options));
  const StreamId stream = new_stream(device);
  auto* const slot = static_cast<StampSlot*>(new_buffer(device, sizeof(StampSlot), MemoryKind::pinned));
  Gate gate(device);
  ASSERT_EQ(device.launch_host_function(stream, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  for (int i = 1; i <= 2; ++i) ASSERT_EQ(device.stamp(stream, slot, 1), Status::ok);
  Attempt third([&] { return device.stamp(stream, slot, 3); });
  EXPECT_TRUE(third.blocks());
  EXPECT_EQ(third.waits_for(), "stream:1");
  gate.open();
  EXPECT_EQ(third.result(), Status::ok);
}

}  // namespace
}  // namespace kvtool
