#include "core/recorder/event_recorder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../support/arrivals.h"
#include "../../support/events.h"
#include "../../support/fake_device.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

using Recorder = EventRecorder<RealRuntime>;
constexpr StreamId kStream{1};

std::vector<std::string> sessions(Recorder& recorder, std::size_t limit = 1'000'000) {
  std::vector<Event> events;
  recorder.drain(events, limit);
  std::vector<std::string> names;
  for (const Event& event : events) names.push_back(event.session);
  return names;
}

using Names = std::vector<std::string>;

TEST(EventRecorder, StampsWhenTheStreamGetsThereAndNotAtTheLaunch) {
  FakeDevice device;
  Recorder recorder(device);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("START", "a")), Status::ok);
  EXPECT_EQ(recorder.stats().in_flight, 1u);
  EXPECT_TRUE(sessions(recorder).empty());

  const std::uint64_t before = RealRuntime::clock::monotonic_ns();
  device.run_all();
  EXPECT_EQ(recorder.stats().in_flight, 0u);
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 1u);
  EXPECT_GE(events[0].monotonic_ns, before);
  expect_conserved(recorder.stats());
}

TEST(EventRecorder, StampsAHostEventInTheCall) {
  FakeDevice device;
  Recorder recorder(device);
  const std::uint64_t before = RealRuntime::clock::monotonic_ns();
  const std::uint64_t wall_before = RealRuntime::clock::wall_ns();
  ASSERT_EQ(recorder.record(make_event("START")), Status::ok);
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 1u);
  EXPECT_GE(events[0].monotonic_ns, before);
  EXPECT_LE(events[0].monotonic_ns, RealRuntime::clock::monotonic_ns());
  // Within a minute of the wall clock: the right epoch and the right unit, whatever NTP does meanwhile.
  EXPECT_LT(events[0].timestamp_ns - wall_before + 60'000'000'000u, 120'000'000'000u);
}

TEST(EventRecorder, HandsEventsOutInTheOrderInWhichTheyHappened) {
  FakeDevice device;
  Recorder recorder(device);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "stream 1")), Status::ok);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "stream 2")), Status::ok);
  ASSERT_EQ(recorder.record(make_event("E", "host")), Status::ok);
  device.run_all();
  EXPECT_EQ(sessions(recorder), (Names{"host", "stream 1", "stream 2"}));
}

TEST(EventRecorder, KeepsWhatIsBeyondTheDrainersLimit) {
  FakeDevice device;
  Recorder recorder(device);
  for (const char* name : {"1", "2", "3"}) ASSERT_EQ(recorder.record(make_event("E", name)), Status::ok);
  EXPECT_EQ(sessions(recorder, 2), (Names{"1", "2"}));
  ASSERT_EQ(recorder.record(make_event("E", "4")), Status::ok);
  EXPECT_EQ(recorder.stats().pending, 2u);
  expect_conserved(recorder.stats());
  EXPECT_EQ(recorder.wait(kNoWait), Wake::events);
  EXPECT_EQ(sessions(recorder), (Names{"3", "4"}));
}

TEST(EventRecorder, AppendsToWhatTheDrainerHas) {
  FakeDevice device;
  Recorder recorder(device);
  std::vector<Event> events;
  ASSERT_EQ(recorder.record(make_event("E", "1")), Status::ok);
  EXPECT_EQ(recorder.drain(events), 1u);
  ASSERT_EQ(recorder.record(make_event("E", "2")), Status::ok);
  EXPECT_EQ(recorder.drain(events), 1u);
  EXPECT_EQ(events.size(), 2u);
}

TEST(EventRecorder, RefusesWhenFullCountsAndLeavesTheEventWithTheCaller) {
  FakeDevice device;
  Recorder recorder(device, {.capacity = 2});
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "1")), Status::ok);
  ASSERT_EQ(recorder.record(make_event("E", "2")), Status::ok);
  Event third = make_event("E", "3", {{"bytes", 7}});
  EXPECT_EQ(recorder.record_on_stream(kStream, std::move(third)), Status::out_of_memory);
  EXPECT_EQ(recorder.record(std::move(third)), Status::out_of_memory);
  EXPECT_EQ(third.session, "3");
  EXPECT_EQ(third.metadata.size(), 1u);
  EXPECT_EQ(device.queued(), 1u) << "a refused event must not be launched";
  EXPECT_EQ(recorder.stats().refused_full, 2u);

  sessions(recorder);
  EXPECT_EQ(recorder.record(std::move(third)), Status::ok);
  device.run_all();
  EXPECT_EQ(sessions(recorder), (Names{"3", "1"}));
  expect_conserved(recorder.stats());
}

TEST(EventRecorder, ReusesItsSlotsForEver) {
  FakeDevice device;
  Recorder recorder(device, {.capacity = 3});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", std::to_string(i))), Status::ok);
    ASSERT_EQ(recorder.record(make_event("E", "host")), Status::ok);
    device.run_all();
    EXPECT_EQ(sessions(recorder), (Names{"host", std::to_string(i)}));
    expect_conserved(recorder.stats());
  }
}

TEST(EventRecorder, RefusesEverythingWithoutASlot) {
  FakeDevice device;
  Recorder recorder(device, {.capacity = 0});
  EXPECT_EQ(recorder.record(make_event("E")), Status::out_of_memory);
  expect_conserved(recorder.stats());
}

TEST(EventRecorder, AllowsTheHostFunctionToRunBeforeTheLaunchReturns) {
  FakeDevice device;
  Recorder recorder(device);
  device.before_return([&] { device.run_all(); });
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "fast")), Status::ok);
  EXPECT_EQ(sessions(recorder), Names{"fast"});
  expect_conserved(recorder.stats());
}

TEST(EventRecorderWait, TellsEventsTimeoutAndClosedApart) {
  FakeDevice device;
  Recorder recorder(device);
  EXPECT_EQ(recorder.wait(kNoWait), Wake::timeout);
  EXPECT_EQ(recorder.wait(std::chrono::milliseconds(1)), Wake::timeout);
  ASSERT_EQ(recorder.record(make_event("E")), Status::ok);
  EXPECT_EQ(recorder.wait(), Wake::events);
  recorder.close(kNoWait);
  EXPECT_EQ(recorder.wait(), Wake::events) << "closed while something is pending would lose it";
  sessions(recorder);
  EXPECT_EQ(recorder.wait(), Wake::closed);
}

TEST(EventRecorderWait, IsWokenByClose) {
  FakeDevice device;
  Recorder recorder(device);
  Arrivals woken;
  const RealRuntime::thread waiter("waiter", [&] {
    if (recorder.wait() == Wake::closed) woken.arrive();
  });
  recorder.close(kNoWait);
  EXPECT_TRUE(woken.await());
}

TEST(EventRecorderClose, WaitsForTheHostFunctionsInFlight) {
  FakeDevice device;
  Recorder recorder(device);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E")), Status::ok);
  const FakeDevice::DriverThread driver(device);
  const CloseReport report = recorder.close(kTestLimit);
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.in_flight, 0u);
  EXPECT_EQ(recorder.stats().pending, 100u);
  EXPECT_EQ(recorder.stats().discarded_late, 0u);
}

TEST(EventRecorderClose, GivesUpAndDiscardsWhatComesLate) {
  FakeDevice device;
  Recorder recorder(device);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "in time")), Status::ok);
  device.run_all();
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "late")), Status::ok);
  const CloseReport report = recorder.close(kNoWait);
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.in_flight, 1u);

  device.run_all();
  EXPECT_EQ(recorder.stats().discarded_late, 1u);
  EXPECT_EQ(sessions(recorder), Names{"in time"});
  expect_conserved(recorder.stats());
  EXPECT_TRUE(recorder.close(kForever).complete) << "a second close sees that the straggler has run";
}

TEST(EventRecorderClose, RefusesNewEvents) {
  FakeDevice device;
  Recorder recorder(device);
  recorder.close(kNoWait);
  EXPECT_EQ(recorder.record(make_event("E")), Status::invalid_handle);
  EXPECT_EQ(recorder.record_on_stream(kStream, make_event("E")), Status::invalid_handle);
  EXPECT_EQ(device.queued(), 0u);
  EXPECT_EQ(recorder.stats().refused_closed, 2u);
  expect_conserved(recorder.stats());
}

// A launch that fails while close() waits for it must end that wait as a host function would.
TEST(EventRecorderClose, IsNotHeldUpByALaunchThatFails) {
  FakeDevice device;
  Recorder recorder(device);
  Arrivals launching;
  Arrivals closing;
  device.answer_launches([&](std::uint64_t) {
    launching.arrive();
    EXPECT_TRUE(closing.await());
    return Status::launch_failure;
  });
  const RealRuntime::thread launcher("launcher", [&] {
    EXPECT_EQ(recorder.record_on_stream(kStream, make_event("E")), Status::launch_failure);
  });
  ASSERT_TRUE(launching.await());
  Arrivals closed;
  const RealRuntime::thread closer("closer", [&] {
    EXPECT_TRUE(recorder.close(2 * kTestLimit).complete);
    closed.arrive();
  });
  while (recorder.record(make_event("probe")) != Status::invalid_handle) {
  }
  closing.arrive();
  EXPECT_TRUE(closed.await()) << "close() slept on";
}

TEST(EventRecorderLifetime, KeepsWhatAHostFunctionTouchesUntilItRan) {
  FakeDevice device;
  const std::size_t others = RealRuntime::sweep_lingering();
  {
    Recorder recorder(device);
    ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E", "a session too long for a small string")),
              Status::ok);
  }
  EXPECT_EQ(RealRuntime::sweep_lingering(), others + 1);
  device.run_all();  // a use after free if the recorder had freed its state
  EXPECT_EQ(RealRuntime::sweep_lingering(), others);
}

TEST(EventRecorderLifetime, LeavesNothingBehindWhenNothingIsInFlight) {
  FakeDevice device;
  const std::size_t others = RealRuntime::sweep_lingering();
  {
    Recorder recorder(device);
    ASSERT_EQ(recorder.record_on_stream(kStream, make_event("E")), Status::ok);
    device.run_all();
    ASSERT_EQ(recorder.record(make_event("E")), Status::ok);
  }
  EXPECT_EQ(RealRuntime::sweep_lingering(), others);
}

}  // namespace
}  // namespace kvtool
