#include <gtest/gtest.h>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_buffer;
using sim::test::new_event;
using sim::test::new_stream;
using sim::test::observed;

SimOptions with_capacity(std::size_t capacity) {
  SimOptions options = observed();
  options.queue_capacity = capacity;
  return options;
}

class SimQueueCapacity : public ::testing::Test {
 protected:
  SimQueueCapacity() {
    EXPECT_EQ(device.launch_host_function(stream, Gate::pass, &gate), Status::ok);
    gate.wait_until_entered();
  }
  Status launch() {
    return device.launch_kernel(stream, device.loaded_module(), [this] { ++ran; });
  }
  void fill() {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(launch(), Status::ok);
  }

  int ran = 0;
  SimDevice device{with_capacity(4)};
  Gate gate{device};
  const StreamId stream = new_stream(device);
};

TEST_F(SimQueueCapacity, ALaunchBeyondItWaitsForRoomAndThenGoesOn) {
  fill();
  Attempt fifth([this] { return launch(); });
  EXPECT_TRUE(fifth.blocks());
  EXPECT_EQ(fifth.waits_for(), "stream:1");
  EXPECT_EQ(fifth.inside(), "cudaLaunchKernel (queue full)");
  gate.open();
  EXPECT_EQ(fifth.result(), Status::ok);
  EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
  EXPECT_EQ(ran, 5);
}

TEST_F(SimQueueCapacity, WhoWaitsForRoomHoldsTheContextButNotTheLaunchLock) {
  fill();
  const StreamId other = new_stream(device);
  Attempt fifth([this] { return launch(); });
  EXPECT_TRUE(fifth.blocks());
  Attempt submits([&] { return device.launch_kernel(other, device.loaded_module(), {}); });
  EXPECT_FALSE(submits.blocks());
  Attempt allocates([&] {
    void* buffer = nullptr;
    return device.allocate(64, MemoryKind::device, &buffer);
  });
  EXPECT_TRUE(allocates.blocks());
  EXPECT_EQ(allocates.waits_for(), "driver-lock:C");
  gate.open();
}

TEST_F(SimQueueCapacity, CopiesAndEventRecordsCountAgainstIt) {
  void* pinned = new_buffer(device, 64, MemoryKind::pinned);
  void* on_device = new_buffer(device, 64, MemoryKind::device);
  const EventId event = new_event(device);
  EXPECT_EQ(device.copy_async(on_device, pinned, 64, MemoryKind::pinned, stream), Status::ok);
  EXPECT_EQ(device.record_event(event, stream), Status::ok);
  EXPECT_EQ(launch(), Status::ok);
  EXPECT_EQ(launch(), Status::ok);
  Attempt records([&] { return device.record_event(event, stream); });
  EXPECT_TRUE(records.blocks());
  EXPECT_EQ(records.inside(), "cudaEventRecord (queue full)");
  Attempt copies([&] { return device.copy_async(on_device, pinned, 64, MemoryKind::pinned, stream); });
  EXPECT_TRUE(copies.blocks());
  EXPECT_EQ(copies.waits_for(), "driver-lock:C");  // which the first of the two has
  gate.open();
  EXPECT_EQ(records.result(), Status::ok);
  EXPECT_EQ(copies.result(), Status::ok);
}

TEST_F(SimQueueCapacity, HostFunctionsAreNotBounded) {
  for (int i = 0; i < 2000; ++i)
    EXPECT_EQ(device.launch_host_function(
                  stream, [](void* count) { ++*static_cast<int*>(count); }, &ran),
              Status::ok);
  EXPECT_EQ(device.pending_host_functions(), 2001u);
  gate.open();
  EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
  EXPECT_EQ(ran, 2000);
  EXPECT_EQ(device.pending_host_functions(), 0u);
}

TEST_F(SimQueueCapacity, AStreamIsDestroyedOnlyWhenTheWaiterIsThrough) {
  fill();
  Attempt fifth([this] { return launch(); });
  EXPECT_TRUE(fifth.blocks());
  Attempt destroys([this] { return device.destroy_stream(stream); });
  EXPECT_TRUE(destroys.blocks());
  EXPECT_EQ(destroys.waits_for(), "driver-lock:C");
  gate.open();
  EXPECT_EQ(destroys.result(), Status::ok);
  EXPECT_EQ(device.synchronize_device(), Status::ok);
}

TEST(SimQueueDepth, AStreamDestroyedMeanwhileTurnsTheWaiterAway) {
  SimOptions options = with_capacity(1);
  options.model[Call::stream_destroy] = {};  // on a driver that does not keep the two apart
  SimDevice device(std::move(options));
  const StreamId stream = new_stream(device);
  Gate gate{device};
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  Attempt second([&] { return device.launch_kernel(stream, device.loaded_module(), {}); });
  EXPECT_TRUE(second.blocks());
  EXPECT_EQ(device.destroy_stream(stream), Status::ok);
  EXPECT_EQ(second.result(), Status::invalid_handle);
}

TEST(SimQueueDepth, TheKernelInExecutionCounts) {
  SimDevice device(with_capacity(2));
  const StreamId stream = new_stream(device);
  Gate gate{device};
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  gate.wait_until_entered();
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), {}), Status::ok);
  Attempt third([&] { return device.launch_kernel(stream, device.loaded_module(), {}); });
  EXPECT_TRUE(third.blocks());
  gate.open();
}

}  // namespace
}  // namespace kvtool
