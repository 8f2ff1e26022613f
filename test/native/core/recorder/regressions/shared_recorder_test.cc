// The original kept one buffer for the whole process, and each drain swapped all of it out: whichever bus
// drained first dispatched, or dropped for want of a subscriber, the other's events. A host function that ran
// after its bus had stopped left its event for the next bus, so tests and restarts saw events from before.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "../../../support/arrivals.h"
#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr StreamId kStream{1};
constexpr std::size_t kEvents = 100;

// A bus with one subscriber, and what it saw.
struct Observed {
  explicit Observed(Device& device) : bus(device) {
    bus.declare("E");
    bus.subscribe("E", [this](const Event& event) { sessions.push_back(event.session); });
    bus.start();
  }
  std::vector<std::string> sessions;  // the drain thread's until the bus has stopped
  EventBus<RealRuntime> bus;
};

TEST(SharedRecorder, EachBusGetsItsOwnEventsAndAllOfThem) {
  FakeDevice device;
  Observed first(device);
  Observed second(device);
  {
    const FakeDevice::DriverThread driver(device);
    for (std::size_t i = 0; i < kEvents; ++i) {
      EXPECT_EQ(first.bus.publish_on_stream(kStream, make_event("E", "first")), Status::ok);
      EXPECT_EQ(second.bus.publish_on_stream(kStream, make_event("E", "second")), Status::ok);
    }
  }
  EXPECT_TRUE(first.bus.stop(kTestLimit).complete);
  EXPECT_TRUE(second.bus.stop(kTestLimit).complete);
  EXPECT_EQ(first.sessions, std::vector<std::string>(kEvents, "first"));
  EXPECT_EQ(second.sessions, std::vector<std::string>(kEvents, "second"));
}

TEST(SharedRecorder, ALateHostFunctionOfAStoppedBusReachesNoOther) {
  FakeDevice device;
  Observed first(device);
  EXPECT_EQ(first.bus.publish_on_stream(kStream, make_event("E", "late")), Status::ok);
  EXPECT_EQ(first.bus.stop(kNoWait).in_flight, 1u);

  Observed second(device);
  device.run_all();
  EXPECT_EQ(second.bus.publish(make_event("E", "second")), Status::ok);
  EXPECT_TRUE(second.bus.stop(kTestLimit).complete);
  EXPECT_EQ(second.sessions, std::vector<std::string>{"second"});

  EXPECT_TRUE(first.bus.stop(kTestLimit).complete);
  EXPECT_TRUE(first.sessions.empty());
  EXPECT_EQ(first.bus.stats().discarded_late, 1u);
  expect_accounted(first.bus.stats());
  expect_accounted(second.bus.stats());
}

TEST(SharedRecorder, ALateHostFunctionOfADestroyedBusReachesNoOther) {
  FakeDevice device;
  {
    Observed first(device);
    EXPECT_EQ(first.bus.publish_on_stream(kStream, make_event("E", "late")), Status::ok);
  }
  Observed second(device);
  device.run_all();  // touches the first bus's memory, which must still be there
  EXPECT_TRUE(second.bus.stop(kTestLimit).complete);
  EXPECT_TRUE(second.sessions.empty());
  EXPECT_EQ(second.bus.stats().published, 0u);
  RealRuntime::sweep_lingering();
}

}  // namespace
}  // namespace kvtool
