// The original capped its queue at 10,000 events in publish() only: events of streams went round it, so a
// slow subscriber, or a hung one, cost memory without limit (about 660 bytes an event).
#include <gtest/gtest.h>

#include "../../../support/arrivals.h"
#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr StreamId kStream{1};
constexpr std::uint64_t kCapacity = 100;
constexpr std::uint64_t kBatch = 10;

TEST(CapBypassed, NotByEventsOfAStreamBehindASubscriberThatIsStuck) {
  FakeDevice device;
  Arrivals entered;
  Arrivals let_go;
  EventBus<RealRuntime> bus(device, {.recorder = {.capacity = kCapacity}, .batch = kBatch});
  bus.declare("E");
  bus.subscribe("E", [&](const Event&) {
    entered.arrive();
    EXPECT_TRUE(let_go.await());
  });
  bus.start();
  ASSERT_EQ(bus.publish_on_stream(kStream, make_event("E")), Status::ok);
  device.run_all();
  ASSERT_TRUE(entered.await());  // the drain thread is in the first event now, and its batch is taken

  for (int i = 0; i < 1'000; ++i) {
    (void)bus.publish_on_stream(kStream, make_event("E"));
    device.run_all();
    if (i % 2 == 0) (void)bus.publish(make_event("E"));
    const BusStats now = bus.stats();
    ASSERT_LE(now.pending + now.in_flight, kCapacity);
  }
  EXPECT_EQ(bus.stats().refused_full, 1'500 - kCapacity);

  let_go.arrive();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(bus.stats().delivered, 1 + kCapacity);
  expect_accounted(bus.stats());
}

// The stream is stuck instead: what is in flight counts as well.
TEST(CapBypassed, NotByEventsInFlight) {
  FakeDevice device;
  EventBus<RealRuntime> bus(device, {.recorder = {.capacity = kCapacity}});
  for (int i = 0; i < 1'000; ++i) (void)bus.publish_on_stream(kStream, make_event("E"));
  EXPECT_EQ(device.queued(), kCapacity);
  EXPECT_EQ(bus.stats().in_flight, kCapacity);
  EXPECT_EQ(bus.publish(make_event("E")), Status::out_of_memory);
  bus.stop(kNoWait);
  device.run_all();
}

// What the drain thread takes out of the queue is bounded as well, or each batch would be another capacity.
TEST(CapBypassed, NotByTheBatchEither) {
  FakeDevice device;
  Arrivals entered;
  Arrivals let_go;
  EventBus<RealRuntime> bus(device, {.recorder = {.capacity = kCapacity}, .batch = kBatch});
  bus.declare("E");
  bus.subscribe("E", [&](const Event&) {
    entered.arrive();
    EXPECT_TRUE(let_go.await());
  });
  for (std::uint64_t i = 0; i < kCapacity; ++i) ASSERT_EQ(bus.publish(make_event("E")), Status::ok);
  bus.start();
  ASSERT_TRUE(entered.await());
  EXPECT_EQ(bus.stats().pending, kCapacity - kBatch);
  let_go.arrive();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
}

TEST(CapBypassed, TheDefaultCapIsTenThousand) {
  FakeDevice device;
  EventRecorder<RealRuntime> recorder(device);
  EXPECT_EQ(recorder.stats().capacity, 10'000u);
}

}  // namespace
}  // namespace kvtool
