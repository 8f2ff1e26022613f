// In the original, an event whose type name was unknown raised outside of the drain loop's only try: the
// thread ended, the rest of the batch was lost with it, and from then on the native buffer grew without
// limit.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "../../../support/arrivals.h"
#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr int kBatch = 100;
constexpr BusOptions kOptions{.recorder = {.capacity = kBatch + 1}, .batch = kBatch};

// Publishes before the start, so that all of them are in the first batch.
void publish_batch(EventBus<RealRuntime>& bus, int bad, const std::string& bad_type) {
  for (int i = 0; i < kBatch; ++i) {
    const std::string type = i == bad ? bad_type : "good";
    ASSERT_EQ(bus.publish(make_event(type, std::to_string(i))), Status::ok);
  }
}

TEST(DrainThreadDies, NotOfAnUnknownTypeAtAnyPlaceOfABatch) {
  FakeDevice device;
  for (int bad = 0; bad < kBatch; ++bad) {
    std::set<std::string> seen;
    Arrivals dispatched;
    EventBus<RealRuntime> bus(device, kOptions);
    bus.declare("good");
    bus.subscribe("good", [&](const Event& event) {
      seen.insert(event.session);
      dispatched.arrive();
    });
    publish_batch(bus, bad, "nobody declared this");
    bus.start();
    ASSERT_TRUE(dispatched.await(kBatch - 1)) << "the rest of the batch was lost at " << bad;
    ASSERT_EQ(bus.publish(make_event("good", "afterwards")), Status::ok);
    ASSERT_TRUE(dispatched.await(kBatch)) << "the drain thread died of event " << bad;
    EXPECT_TRUE(bus.stop(kTestLimit).complete);
    EXPECT_EQ(seen.count(std::to_string(bad)), 0u);
    EXPECT_EQ(bus.stats().unknown_type, 1u);
    EXPECT_EQ(bus.stats().delivered, static_cast<std::uint64_t>(kBatch));
    expect_accounted(bus.stats());
  }
}

TEST(DrainThreadDies, NotOfASubscriberThatThrowsAtAnyPlaceOfABatch) {
  FakeDevice device;
  for (int bad = 0; bad < kBatch; ++bad) {
    Arrivals before;
    Arrivals after;
    EventBus<RealRuntime> bus(device, kOptions);
    bus.declare("good");
    bus.declare("bad");
    for (const char* type : {"good", "bad"}) {
      bus.subscribe(type, [&](const Event&) { before.arrive(); });
      bus.subscribe(type, [&](const Event& event) {
        if (event.type == "bad") throw std::runtime_error("subscriber");
      });
      bus.subscribe(type, [&](const Event& event) {
        if (event.type == "bad") throw 7;  // not every exception is a std::exception
      });
      bus.subscribe(type, [&](const Event&) { after.arrive(); });
    }
    publish_batch(bus, bad, "bad");
    bus.start();
    ASSERT_TRUE(after.await(kBatch)) << "a later subscriber or event went without, at " << bad;
    EXPECT_EQ(before.count(), static_cast<std::size_t>(kBatch));
    EXPECT_TRUE(bus.stop(kTestLimit).complete);
    EXPECT_EQ(bus.stats().subscriber_threw, 2u);
    EXPECT_EQ(bus.stats().delivered, static_cast<std::uint64_t>(kBatch));
    expect_accounted(bus.stats());
  }
}

}  // namespace
}  // namespace kvtool
