#include "core/recorder/event_bus.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../../support/arrivals.h"
#include "../../support/events.h"
#include "../../support/fake_device.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

using Bus = EventBus<RealRuntime>;
constexpr StreamId kStream{1};

class EventBusTest : public testing::Test {
 protected:
  EventBusTest() { bus.declare("E"); }

  // The sessions that a subscriber saw; to be read after stop().
  std::shared_ptr<std::vector<std::string>> watch(const std::string& type = "E") {
    auto seen = std::make_shared<std::vector<std::string>>();
    bus.subscribe(type, [seen](const Event& event) { seen->push_back(event.session); });
    return seen;
  }

  using Names = std::vector<std::string>;
  FakeDevice device;
  Bus bus{device};
};

TEST_F(EventBusTest, BringsEveryEventToEverySubscriberInOrder) {
  const auto first = watch();
  const auto second = watch();
  ASSERT_TRUE(bus.start());
  ASSERT_EQ(bus.publish_on_stream(kStream, make_event("E", "1")), Status::ok);
  device.run_all();
  ASSERT_EQ(bus.publish(make_event("E", "2")), Status::ok);
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(*first, (Names{"1", "2"}));
  EXPECT_EQ(*second, (Names{"1", "2"}));
  EXPECT_EQ(bus.stats().delivered, 2u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, BringsEachTypeToItsOwnSubscribers) {
  bus.declare("F");
  const auto of_e = watch("E");
  const auto of_f = watch("F");
  bus.start();
  bus.publish(make_event("F", "f"));
  bus.publish(make_event("E", "e"));
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(*of_e, Names{"e"});
  EXPECT_EQ(*of_f, Names{"f"});
}

TEST_F(EventBusTest, KeepsWhatWasPublishedBeforeTheStart) {
  const auto seen = watch();
  bus.publish(make_event("E", "early"));
  bus.start();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(*seen, Names{"early"});
}

TEST_F(EventBusTest, DeliversAnEventThatNobodySubscribedTo) {
  bus.start();
  bus.publish(make_event("E"));
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(bus.stats().delivered, 1u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, RunsSubscribersOnItsOwnNamedThread) {
  char name[16] = {};
  bus.subscribe("E", [&](const Event&) { pthread_getname_np(pthread_self(), name, sizeof name); });
  bus.start();
  bus.publish(make_event("E"));
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_STREQ(name, "kv-bus-drain");
}

TEST_F(EventBusTest, LivesOnce) {
  EXPECT_TRUE(bus.start());
  EXPECT_FALSE(bus.start());
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_FALSE(bus.start());
}

TEST_F(EventBusTest, RefusesToPublishAfterTheStop) {
  bus.start();
  bus.stop(kTestLimit);
  EXPECT_EQ(bus.publish(make_event("E")), Status::invalid_handle);
  EXPECT_EQ(bus.publish_on_stream(kStream, make_event("E")), Status::invalid_handle);
  EXPECT_EQ(bus.stats().refused_closed, 2u);
  EXPECT_EQ(bus.stats().lost(), 2u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, CountsWhatABusThatNeverStartedKept) {
  bus.publish(make_event("E"));
  EXPECT_EQ(bus.stats().pending, 1u);
  const StopReport report = bus.stop(kTestLimit);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.undelivered, 1u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, StopWaitsForTheStream) {
  const auto seen = watch();
  bus.start();
  for (int i = 0; i < 100; ++i) bus.publish_on_stream(kStream, make_event("E", "s"));
  const FakeDevice::DriverThread driver(device);
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(seen->size(), 100u);
}

TEST_F(EventBusTest, StopReportsAStreamThatIsStuck) {
  bus.start();
  bus.publish_on_stream(kStream, make_event("E"));
  const StopReport report = bus.stop(kNoWait);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.in_flight, 1u);
  device.run_all();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(bus.stats().discarded_late, 1u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, StopGivesUpOnASubscriberAndMayBeCalledAgain) {
  Arrivals entered;
  Arrivals let_go;
  bus.subscribe("E", [&](const Event&) {
    entered.arrive();
    EXPECT_TRUE(let_go.await());
  });
  bus.start();
  bus.publish(make_event("E"));
  ASSERT_TRUE(entered.await());
  const StopReport report = bus.stop(kNoWait);
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(report.drain_thread_runs);
  let_go.arrive();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, MayBeStoppedByASubscriber) {
  Arrivals stopped;
  bus.subscribe("E", [&](const Event&) {
    EXPECT_TRUE(bus.stop(kForever).drain_thread_runs);
    stopped.arrive();
  });
  bus.start();
  bus.publish(make_event("E"));
  ASSERT_TRUE(stopped.await());
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
}

TEST_F(EventBusTest, LetsSubscribersUseTheBus) {
  std::vector<std::string> seen;
  Arrivals stopped;
  SubscriptionId self = SubscriptionId::none;
  self = bus.subscribe("E", [&](const Event& event) {
    seen.push_back(event.session);
    bus.declare("F");
    bus.subscribe("F", [&](const Event& f) { seen.push_back(f.session); });
    EXPECT_FALSE(bus.unsubscribe(self, kForever)) << "it is running: this very call";
    bus.publish(make_event("E", "not seen"));
    bus.publish(make_event("F", "nested"));
    bus.stop(kNoWait);
    stopped.arrive();
  });
  bus.start();
  bus.publish(make_event("E", "outer"));
  ASSERT_TRUE(stopped.await());
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(seen, (Names{"outer", "nested"}));
}

TEST_F(EventBusTest, SubscribesToDeclaredTypesOnly) {
  EXPECT_EQ(bus.subscribe("no such type", [](const Event&) {}), SubscriptionId::none);
  const SubscriptionId first = bus.subscribe("E", [](const Event&) {});
  const SubscriptionId second = bus.subscribe("E", [](const Event&) {});
  EXPECT_NE(first, SubscriptionId::none);
  EXPECT_NE(first, second);
}

TEST_F(EventBusTest, KeepsSubscribersWhenATypeIsDeclaredAgain) {
  const auto seen = watch();
  bus.declare("E");
  bus.start();
  bus.publish(make_event("E", "1"));
  bus.stop(kTestLimit);
  EXPECT_EQ(*seen, Names{"1"});
}

TEST_F(EventBusTest, CallsNobodyWhoUnsubscribed) {
  Arrivals first_seen;
  std::atomic<int> calls{0};
  const SubscriptionId id = bus.subscribe("E", [&](const Event&) { calls++; });
  bus.subscribe("E", [&](const Event&) { first_seen.arrive(); });
  bus.start();
  bus.publish(make_event("E"));
  ASSERT_TRUE(first_seen.await());
  EXPECT_TRUE(bus.unsubscribe(id));
  EXPECT_TRUE(bus.unsubscribe(id)) << "twice does no harm";
  bus.publish(make_event("E"));
  bus.stop(kTestLimit);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bus.stats().delivered, 2u);
}

// The batch is taken and being dispatched when the second subscriber of the same batch goes.
TEST_F(EventBusTest, UnsubscribingTakesEffectWithinABatch) {
  std::atomic<int> calls{0};
  SubscriptionId other = SubscriptionId::none;
  bus.subscribe("E", [&](const Event&) { bus.unsubscribe(other); });
  other = bus.subscribe("E", [&](const Event&) { calls++; });
  for (int i = 0; i < 10; ++i) bus.publish(make_event("E"));
  bus.start();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(calls, 0);
}

TEST_F(EventBusTest, UnsubscribeTellsWhetherACallIsUnderWay) {
  Arrivals entered;
  Arrivals let_go;
  const auto captured = std::make_shared<int>(1);
  const SubscriptionId id = bus.subscribe("E", [&, captured](const Event&) {
    entered.arrive();
    EXPECT_TRUE(let_go.await());
    EXPECT_EQ(*captured, 1);
  });
  bus.start();
  bus.publish(make_event("E"));
  ASSERT_TRUE(entered.await());
  EXPECT_FALSE(bus.unsubscribe(id));
  EXPECT_EQ(captured.use_count(), 2) << "the function must live until its call ends";
  let_go.arrive();
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST_F(EventBusTest, UnsubscribeWaitsForTheCallWhenAskedTo) {
  Arrivals entered;
  Arrivals let_go;
  std::atomic<bool> ended{false};
  const SubscriptionId id = bus.subscribe("E", [&](const Event&) {
    entered.arrive();
    EXPECT_TRUE(let_go.await());
    ended = true;
  });
  bus.start();
  bus.publish(make_event("E"));
  ASSERT_TRUE(entered.await());
  const RealRuntime::thread releaser("releaser", [&] { let_go.arrive(); });
  EXPECT_TRUE(bus.unsubscribe(id, kTestLimit));
  EXPECT_TRUE(ended);
}

TEST_F(EventBusTest, CountsWhatTheDeviceRefused) {
  device.answer_launches([](std::uint64_t) { return Status::launch_failure; });
  bus.start();
  EXPECT_EQ(bus.publish_on_stream(kStream, make_event("E")), Status::launch_failure);
  EXPECT_TRUE(bus.stop(kTestLimit).complete);
  EXPECT_EQ(bus.stats().launch_failed, 1u);
  EXPECT_EQ(bus.stats().lost(), 1u);
  expect_accounted(bus.stats());
}

TEST_F(EventBusTest, MeasuresPublishingAndLatency) {
  bus.start();
  bus.publish(make_event("E"));
  bus.publish(make_event("E"));
  bus.publish_on_stream(kStream, make_event("E"));
  device.run_all();
  bus.stop(kTestLimit);
  const BusStats stats = bus.stats();
  EXPECT_EQ(stats.publish_cost.count, 2u);
  EXPECT_EQ(stats.publish_on_stream_cost.count, 1u);
  EXPECT_EQ(stats.dispatch_latency.count, 3u);
  EXPECT_GT(stats.dispatch_latency.sum_ns, 0u);
  EXPECT_LE(stats.dispatch_latency.max_ns, stats.dispatch_latency.sum_ns);
}

// The subscriber of the first event leaves only when the destructor has begun: it sees that the bus is
// closed.
TEST(EventBusDestructor, WaitsForTheRunningSubscriberAndForNoFurtherOne) {
  FakeDevice device;
  int calls = 0;
  {
    Bus bus(device);
    bus.declare("E");
    Arrivals entered;
    bus.subscribe("E", [&](const Event&) {
      calls++;
      entered.arrive();
      while (bus.publish(make_event("E")) != Status::invalid_handle) std::this_thread::yield();
    });
    for (int i = 0; i < 10; ++i) bus.publish(make_event("E"));
    bus.start();
    ASSERT_TRUE(entered.await());
  }
  EXPECT_EQ(calls, 1);
}

TEST(EventBusDestructor, IsEnoughForABusThatNeverStarted) {
  FakeDevice device;
  Bus bus(device);
  bus.publish(make_event("E"));
}

}  // namespace
}  // namespace kvtool
