// Events in graphs, whose launches stand here as one call more of the device with the same arguments.
#include "core/recorder/stamp_graphs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/device/sim/sim_device.h"

namespace kvtool {
namespace {

class StampGraphsTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kEvents = 2, kStamps = 4;

  StampGraphsTest() { EXPECT_EQ(device.create_stream(&stream), Status::ok); }

  static Event event(const std::string& session) { return {.type = "E", .session = session}; }
  void launch_graph_of(std::size_t index) {
    ASSERT_EQ(device.stamp_next(stream, {&slots[index * kStamps], kStamps - 1, &stamped[index]}), Status::ok);
  }
  std::vector<std::string> read() {
    EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
    std::vector<std::string> sessions;
    graphs.read([&](std::uint64_t device_ns, Event&& one) {
      EXPECT_GE(device_ns, last);
      last = device_ns;
      sessions.push_back(one.session);
    });
    last = 0;
    return sessions;
  }

  std::vector<StampSlot> slots = std::vector<StampSlot>(kEvents * kStamps);
  std::vector<std::uint64_t> stamped = std::vector<std::uint64_t>(kEvents);
  SimDevice device;
  StreamId stream{};
  StampGraphs graphs{device, kEvents, kStamps, slots.data(), stamped.data()};
  std::uint64_t last = 0;
};

using Names = std::vector<std::string>;

TEST_F(StampGraphsTest, HaveAnEventForEveryLaunch) {
  EXPECT_TRUE(graphs.none());
  ASSERT_EQ(graphs.record(stream, event("a")), Status::ok);
  EXPECT_FALSE(graphs.none());
  EXPECT_EQ(read(), Names{"a"}) << "the first launch";
  EXPECT_EQ(read(), Names{});
  for (int i = 0; i < 3; ++i) launch_graph_of(0);
  EXPECT_EQ(read(), (Names{"a", "a", "a"}));
  EXPECT_EQ(graphs.overwritten(), 0u);
}

TEST_F(StampGraphsTest, KeepEventsApart) {
  ASSERT_EQ(graphs.record(stream, event("a")), Status::ok);
  ASSERT_EQ(graphs.record(stream, event("b")), Status::ok);
  launch_graph_of(1);
  EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
  Names sessions;
  graphs.read([&](std::uint64_t, Event&& one) { sessions.push_back(one.session); });
  EXPECT_EQ(sessions, (Names{"a", "b", "b"}));
}

TEST_F(StampGraphsTest, CountWhatWasOverwritten) {
  ASSERT_EQ(graphs.record(stream, event("a")), Status::ok);
  for (int i = 0; i < 9; ++i) launch_graph_of(0);
  EXPECT_EQ(read().size() + graphs.overwritten(), 10u);
  EXPECT_EQ(graphs.overwritten(), 6u);
}

TEST_F(StampGraphsTest, RefuseMoreEventsThanTheyHaveSlotsFor) {
  ASSERT_EQ(graphs.record(stream, event("a")), Status::ok);
  ASSERT_EQ(graphs.record(stream, event("b")), Status::ok);
  Event third = event("c");
  EXPECT_EQ(graphs.record(stream, std::move(third)), Status::out_of_memory);
  EXPECT_EQ(third.session, "c") << "stays with the caller";
}

TEST_F(StampGraphsTest, GiveThePlaceBackWhenTheDeviceRefuses) {
  Event one = event("a");
  EXPECT_EQ(graphs.record(StreamId{999}, std::move(one)), Status::invalid_handle);
  EXPECT_EQ(one.session, "a");
  EXPECT_TRUE(graphs.none());
  ASSERT_EQ(graphs.record(stream, event("b")), Status::ok);
  ASSERT_EQ(graphs.record(stream, event("c")), Status::ok);
  EXPECT_EQ(read(), (Names{"b", "c"}));
}

}  // namespace
}  // namespace kvtool
