#include "core/recorder/stamp_recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../../support/fake_device.h"
#include "../device/sim/gate.h"
#include "core/device/sim/sim_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

using sim::test::Gate;
using std::chrono::seconds;

// Longer than any machine needs.
constexpr seconds kAll{60};

StreamId new_stream(Device& device) {
  StreamId stream{};
  EXPECT_EQ(device.create_stream(&stream), Status::ok);
  return stream;
}

class StampRecorderTest : public testing::Test {
 protected:
  struct Seen {
    std::string session;
    HostTime when;
  };
  StampRecorder::Sink sink() {
    return [this](Event&& event, const HostTime& when) {
      const std::lock_guard guard(lock);
      seen.push_back({event.session, when});
    };
  }
  std::vector<std::string> sessions() {
    const std::lock_guard guard(lock);
    std::vector<std::string> names;
    for (const Seen& one : seen) names.push_back(one.session);
    return names;
  }
  static Event event(const std::string& session) { return {.type = "E", .session = session}; }

  std::mutex lock;
  std::vector<Seen> seen;
  SimDevice device;
};

using Names = std::vector<std::string>;

TEST_F(StampRecorderTest, BringsEveryEventInStreamOrderWithItsTime) {
  const StreamId stream = new_stream(device);
  StampRecorder stamps(device, sink());
  stamps.start();
  const std::uint64_t before = RealClock::monotonic_ns();
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(stamps.record_on_stream(stream, event(std::to_string(i))), Status::ok);
  ASSERT_EQ(stamps.close(kAll), 0u);
  const std::uint64_t after = RealClock::monotonic_ns();
  ASSERT_EQ(seen.size(), 100u);
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const auto& [session, when] = seen[static_cast<std::size_t>(i)];
    EXPECT_EQ(session, std::to_string(i));
    EXPECT_GE(when.monotonic_ns + when.error_ns, before);
    EXPECT_LE(when.monotonic_ns, after + when.error_ns);
    EXPECT_GT(when.error_ns, 0u);
    EXPECT_GE(when.monotonic_ns + 1, last) << "one stream's times go forward";
    last = when.monotonic_ns;
  }
  const StampStats stats = stamps.stats();
  EXPECT_EQ(stats.read, 100u);
  EXPECT_EQ(stats.in_flight + stats.refused_full + stats.refused_closed + stats.launch_failed, 0u);
}

TEST_F(StampRecorderTest, UsesNoHostFunction) {
  const StreamId stream = new_stream(device), other = new_stream(device);
  StampRecorder stamps(device, sink());
  stamps.start();
  // A host function that does not return stops every other host function of the device, and no stamp.
  Gate gate(device);
  ASSERT_EQ(device.launch_host_function(other, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  ASSERT_EQ(stamps.record_on_stream(stream, event("a")), Status::ok);
  EXPECT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(sessions(), Names{"a"});
  EXPECT_EQ(device.pending_host_functions(), 1u) << "the gate's own";
}

TEST_F(StampRecorderTest, BringsTheEventsOfGraphsThatWereStampedBeforeItCloses) {
  const StreamId stream = new_stream(device);
  StampRecorder stamps(device, sink(), {.graph_events = 2});
  stamps.start();
  ASSERT_EQ(stamps.record_in_graph(stream, event("in a graph")), Status::ok);
  ASSERT_EQ(stamps.record_on_stream(stream, event("behind it")), Status::ok);
  ASSERT_EQ(device.synchronize_stream(stream), Status::ok);
  EXPECT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(sessions(), (Names{"in a graph", "behind it"}));
  const StampStats stats = stamps.stats();
  EXPECT_EQ(stats.read, 2u);
  EXPECT_EQ(stats.graph_read, 1u);
  Event late = event("late");
  EXPECT_EQ(stamps.record_in_graph(stream, std::move(late)), Status::invalid_handle);
}

TEST_F(StampRecorderTest, HasNoRoomForGraphsUnlessAsked) {
  StampRecorder stamps(device, sink());
  EXPECT_EQ(stamps.record_in_graph(new_stream(device), event("a")), Status::out_of_memory);
  EXPECT_EQ(stamps.stats().refused_full, 1u);
}

TEST_F(StampRecorderTest, ABusAccountsForTheEventsOfGraphs) {
  EventBus<RealRuntime> bus(device);
  bus.declare("E");
  const StreamId stream = new_stream(device);
  EXPECT_EQ(bus.publish_in_graph(stream, event("too early")), Status::not_supported);
  bus.use_stamps({.graph_events = 1});
  std::atomic<int> seen_in_bus{0};
  bus.subscribe("E", [&](const Event&) { seen_in_bus.fetch_add(1); });
  bus.start();
  ASSERT_EQ(bus.publish_in_graph(stream, event("a")), Status::ok);
  EXPECT_EQ(bus.publish_in_graph(stream, event("b")), Status::out_of_memory);
  ASSERT_EQ(device.synchronize_stream(stream), Status::ok);
  EXPECT_TRUE(bus.stop(kAll).complete);
  const BusStats stats = bus.stats();
  EXPECT_EQ(seen_in_bus.load(), 1);
  EXPECT_EQ(stats.published, 3u);
  EXPECT_EQ(stats.published, stats.delivered + stats.unknown_type + stats.lost());
}

TEST_F(StampRecorderTest, AStuckStreamKeepsNoOtherStreamsEvents) {
  const StreamId stuck = new_stream(device), other = new_stream(device);
  StampRecorder stamps(device, sink());
  stamps.start();
  {
    Gate gate(device);
    ASSERT_EQ(device.launch_kernel(stuck, device.loaded_module(), gate.kernel()), Status::ok);
    gate.wait_until_entered();
    ASSERT_EQ(stamps.record_on_stream(stuck, event("behind the kernel")), Status::ok);
    ASSERT_EQ(stamps.record_on_stream(other, event("beside it")), Status::ok);
    while (sessions() != Names{"beside it"}) std::this_thread::yield();
    EXPECT_EQ(stamps.stats().in_flight, 1u);
  }
  EXPECT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(sessions(), (Names{"beside it", "behind the kernel"}));
}

TEST_F(StampRecorderTest, CountsWhatFindsNoRoomAndNeverWaitsForIt) {
  const StreamId stream = new_stream(device), second = new_stream(device);
  StampRecorder stamps(device, sink(), {.streams = 1, .stamps_per_stream = 4});
  stamps.start();
  {
    Gate gate(device);
    ASSERT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
    gate.wait_until_entered();
    for (int i = 0; i < 4; ++i) ASSERT_EQ(stamps.record_on_stream(stream, event("in")), Status::ok);
    Event fifth = event("fifth");
    EXPECT_EQ(stamps.record_on_stream(stream, std::move(fifth)), Status::out_of_memory);
    EXPECT_EQ(fifth.session, "fifth") << "left with the caller";
    EXPECT_EQ(stamps.record_on_stream(second, event("of a second stream")), Status::out_of_memory);
    EXPECT_EQ(stamps.stats().refused_full, 2u);
  }
  while (stamps.stats().in_flight > 0) std::this_thread::yield();
  EXPECT_EQ(stamps.record_on_stream(second, event("now")), Status::ok) << "the idle stream's place is free";
  EXPECT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(sessions(), (Names{"in", "in", "in", "in", "now"}));
}

TEST_F(StampRecorderTest, ALaunchThatFailsIsCountedAndPassedOver) {
  const StreamId stream = new_stream(device);
  StampRecorder stamps(device, sink());
  stamps.start();
  Event lost = event("lost");
  EXPECT_EQ(stamps.record_on_stream(StreamId{99}, std::move(lost)), Status::invalid_handle);
  EXPECT_EQ(lost.session, "lost");
  EXPECT_EQ(stamps.stats().launch_failed, 1u);
  EXPECT_EQ(stamps.stats().in_flight, 0u);
  ASSERT_EQ(stamps.record_on_stream(stream, event("a")), Status::ok);
  EXPECT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(sessions(), Names{"a"});
}

TEST_F(StampRecorderTest, CloseGivesUpOnAStuckStreamAndRefusesWhatComesLater) {
  const StreamId stream = new_stream(device);
  Gate gate(device);
  StampRecorder stamps(device, sink());
  stamps.start();
  ASSERT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  ASSERT_EQ(stamps.record_on_stream(stream, event("a")), Status::ok);
  EXPECT_EQ(stamps.close(std::chrono::milliseconds(1)), 1u);
  EXPECT_EQ(stamps.record_on_stream(stream, event("b")), Status::invalid_handle);
  EXPECT_EQ(stamps.stats().refused_closed, 1u);
}

TEST_F(StampRecorderTest, StampsAfterTheRecorderIsGoneTouchNothingOfIt) {
  const StreamId stream = new_stream(device);
  Gate gate(device);
  {
    StampRecorder stamps(device, sink());
    stamps.start();
    ASSERT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
    ASSERT_EQ(stamps.record_on_stream(stream, event("late")), Status::ok);
  }
  gate.open();
  EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
  EXPECT_TRUE(sessions().empty());
}

TEST_F(StampRecorderTest, ManyThreadsAndStreamsLoseNothing) {
  constexpr unsigned kThreads = 4, kEach = 2000;
  std::vector<StreamId> streams;
  for (unsigned i = 0; i < kThreads; ++i) streams.push_back(new_stream(device));
  StampRecorder stamps(device, sink(), {.streams = 8, .stamps_per_stream = 64});
  stamps.start();
  std::atomic<unsigned> refused{0};
  {
    std::vector<RealThread> threads;
    for (unsigned t = 0; t < kThreads; ++t)
      threads.emplace_back("publisher", [&, t] {
        // Two threads share each stream, and each uses two.
        for (unsigned i = 0; i < kEach; ++i)
          if (stamps.record_on_stream(streams[(t + i) % kThreads], event("e")) != Status::ok) ++refused;
      });
  }
  ASSERT_EQ(stamps.close(kAll), 0u);
  EXPECT_EQ(seen.size() + refused, kThreads * kEach);
  EXPECT_EQ(stamps.stats().refused_full, refused);
  EXPECT_EQ(stamps.stats().read, seen.size());
}

TEST_F(StampRecorderTest, ComparesTheClocksAgainWhileThereAreEvents) {
  const StreamId stream = new_stream(device);
  StampRecorder stamps(device, sink(), {.calibrate_every = std::chrono::milliseconds(1)});
  EXPECT_EQ(stamps.stats().calibrations, 1u);
  stamps.start();
  while (stamps.stats().calibrations < 3)
    ASSERT_NE(stamps.record_on_stream(stream, event("a")), Status::invalid_handle);
  EXPECT_EQ(stamps.close(kAll), 0u);
}

TEST_F(StampRecorderTest, SaysWhyADeviceCannotStamp) {
  FakeDevice fake;
  try {
    StampRecorder stamps(fake, sink());
    FAIL() << "it can";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot record by GPU stamps"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("not supported"), std::string::npos) << error.what();
  }
  EXPECT_THROW(StampRecorder(device, sink(), {.stamps_per_stream = 100}), std::runtime_error);
}

// The bus

using Bus = EventBus<RealRuntime>;

TEST_F(StampRecorderTest, ABusDeliversStampedEventsWithTheirError) {
  const StreamId stream = new_stream(device);
  Bus bus(device);
  bus.declare("E");
  std::vector<Event> got;
  bus.subscribe("E", [&](const Event& e) { got.push_back(e); });
  EXPECT_EQ(bus.publish_stamped(stream, event("too early")), Status::not_supported);
  bus.use_stamps();
  ASSERT_TRUE(bus.start());
  const std::uint64_t before = RealClock::wall_ns();
  ASSERT_EQ(bus.publish_stamped(stream, event("a")), Status::ok);
  ASSERT_EQ(bus.publish_on_stream(stream, event("b")), Status::ok);
  EXPECT_TRUE(bus.stop(kAll).complete);
  ASSERT_EQ(got.size(), 2u);
  const Event& stamped = got[0].session == "a" ? got[0] : got[1];
  EXPECT_GT(stamped.error_ns, 0u);
  EXPECT_GE(stamped.timestamp_ns + stamped.error_ns + 1'000'000, before)
      << "on the wall clock, as the others";
  const BusStats stats = bus.stats();
  EXPECT_EQ(stats.published, 3u);
  EXPECT_EQ(stats.delivered, 2u);
  EXPECT_EQ(stats.launch_failed, 1u);
  EXPECT_EQ(stats.published, stats.delivered + stats.unknown_type + stats.lost());
  EXPECT_EQ(stats.stamps.read, 1u);
}

TEST_F(StampRecorderTest, ABusThatStopsTellsWhichStampsWereNotMade) {
  const StreamId stream = new_stream(device);
  Gate gate(device);
  Bus bus(device);
  bus.declare("E");
  bus.use_stamps();
  ASSERT_TRUE(bus.start());
  ASSERT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  ASSERT_EQ(bus.publish_stamped(stream, event("a")), Status::ok);
  const StopReport report = bus.stop(std::chrono::milliseconds(1));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.in_flight, 1u);
  EXPECT_EQ(bus.stats().in_flight, 1u);
  gate.open();
  // What comes late reaches a closed recorder, and is counted there.
  while (bus.stats().in_flight > 0) std::this_thread::yield();
  EXPECT_EQ(bus.stats().refused_closed, 1u);
}

}  // namespace
}  // namespace kvtool
