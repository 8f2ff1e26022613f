// In the original path, the host function was the bus's own Python publish: it needed the GIL. With the GIL
// held by a thread that waited for the driver, the stream, and with it the process, stood still. Here the
// host function stamps and returns; only the drain thread, which no stream waits for, may want the runtime's
// lock.
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "../../../support/allocation_count.h"
#include "../../../support/arrivals.h"
#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr StreamId kStream{1};

Event event_with_heap_memory() {
  return make_event("E", "a session name that is too long for a small string",
                    {{"keys", std::string(200, 'k')}, {"list", Nested{std::string(200, '[')}}});
}

// If subscribers ran on the driver's thread, the host function behind them would never run.
TEST(CallbackTakesNoRuntimeLock, TheStreamGoesOnWhileAnotherThreadHoldsIt) {
  FakeDevice device;
  std::mutex runtime_lock;
  EventBus<RealRuntime> bus(device);
  bus.declare("E");
  bus.subscribe("E", [&](const Event&) { const std::lock_guard guard(runtime_lock); });
  bus.start();

  Arrivals stream_done;
  const HostFunction mark = [](void* arrivals) { static_cast<Arrivals*>(arrivals)->arrive(); };
  {
    const std::lock_guard holder(runtime_lock);
    const FakeDevice::DriverThread driver(device);
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(bus.publish_on_stream(kStream, event_with_heap_memory()), Status::ok);
    device.launch_host_function(kStream, mark, &stream_done);
    EXPECT_TRUE(stream_done.await()) << "a host function waits for the runtime's lock";
    EXPECT_EQ(bus.stats().in_flight, 0u);
    EXPECT_EQ(bus.stats().delivered, 0u) << "the subscriber should be waiting for the lock";
  }
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(bus.stats().delivered, 10u);
}

class CallbackAllocates : public testing::Test {
 protected:
  // Runs the next host function on this thread and counts.
  void expect_frugal() {
    const AllocationCount count;
    ASSERT_TRUE(device.run_next());
    EXPECT_EQ(count.allocated(), 0u) << "the host function allocates";
    EXPECT_EQ(count.freed(), 0u) << "the host function frees";
  }

  FakeDevice device;
};

TEST_F(CallbackAllocates, NothingWhenItMarksAnEventReady) {
  EventRecorder<RealRuntime> recorder(device);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(recorder.record_on_stream(kStream, event_with_heap_memory()), Status::ok);
  for (int i = 0; i < 3; ++i) expect_frugal();
}

TEST_F(CallbackAllocates, NothingWhenItWakesTheDrainThread) {
  EventBus<RealRuntime> bus(device);
  bus.declare("E");
  Arrivals delivered;
  bus.subscribe("E", [&](const Event&) { delivered.arrive(); });
  bus.start();
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_EQ(bus.publish_on_stream(kStream, event_with_heap_memory()), Status::ok);
    expect_frugal();
    ASSERT_TRUE(delivered.await(i));  // the drain thread goes back to sleep
  }
}

// The discarded event's memory is the state's, and goes when a sweep frees that.
TEST_F(CallbackAllocates, NothingWhenItIsLate) {
  EventRecorder<RealRuntime> recorder(device);
  ASSERT_EQ(recorder.record_on_stream(kStream, event_with_heap_memory()), Status::ok);
  recorder.close(kNoWait);
  expect_frugal();
  EXPECT_EQ(recorder.stats().discarded_late, 1u);
}

TEST_F(CallbackAllocates, NothingWhenItIsTheLastToTouchADeadRecorder) {
  {
    EventRecorder<RealRuntime> recorder(device);
    ASSERT_EQ(recorder.record_on_stream(kStream, event_with_heap_memory()), Status::ok);
  }
  expect_frugal();
  RealRuntime::sweep_lingering();
}

}  // namespace
}  // namespace kvtool
