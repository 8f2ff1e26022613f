// The books of callbacks that another library launches: the library is the test, the driver's thread too.
#include "gil-hostfunc/foreign_callbacks.h"

#include <gtest/gtest.h>

#include <thread>

#include "../core/device/sim/flight_file.h"
#include "../support/fake_device.h"

namespace kvtool::gil_hostfunc {
namespace {

using sim::test::FlightFile;
using sim::test::Line;
using Holds = std::set<std::string>;

constexpr const char* kGil = "runtime-lock:GIL";
constexpr const char* kExecutor = "host-function executor";

class ForeignCallbacksTest : public testing::Test {
 protected:
  std::uint64_t count(const char* name) { return flight.get()->counter(name, CounterKind::gauge).value(); }
  // What the driver's thread does when it comes to a mark. It ends, as the real one does not: a line is of
  // the thread that runs the mark, and is written by others.
  void run_mark() {
    std::thread([this] { ASSERT_TRUE(device.run_next()); }).join();
  }

  FlightFile flight;
  FakeDevice device;
  ForeignCallbacks callbacks{*flight, device, kGil};
};

TEST_F(ForeignCallbacksTest, SayThatTheDriversThreadWaitsFromTheMarkUntilTheCallbackIsOver) {
  ASSERT_EQ(callbacks.announce(StreamId{1}, 7), Status::ok);
  EXPECT_EQ(count("callbacks.scheduled"), 1u);
  EXPECT_EQ(flight.find(kExecutor).wants, "") << "its kernel is still running";

  const std::uint64_t before = monotonic_ns();
  run_mark();
  const Line waiting = flight.line(kExecutor);
  EXPECT_EQ(waiting.wants, kGil);
  EXPECT_EQ(waiting.holds, (Holds{"device:host-functions", "device:idle", "stream:1"}));
  EXPECT_GE(callbacks.begins(7), before);
  EXPECT_LE(callbacks.begins(7), monotonic_ns());
  EXPECT_EQ(count("callbacks.run"), 0u);

  callbacks.ends(7);
  EXPECT_EQ(count("callbacks.run"), 1u);
  EXPECT_EQ(flight.find(kExecutor).wants, "");
  EXPECT_EQ(flight.find(kExecutor).holds, Holds{});
}

TEST_F(ForeignCallbacksTest, KeepOneLineForCallbacksOfSeveralStreams) {
  for (const unsigned stream : {1u, 2u, 3u, 4u, 5u}) {
    ASSERT_EQ(callbacks.announce(StreamId{stream}, stream), Status::ok);
    run_mark();
  }
  EXPECT_EQ(flight.line(kExecutor).holds,
            (Holds{"device:host-functions", "device:idle", "stream:1", "stream:2", "stream:3"}));
  for (const std::uint64_t id : {1u, 5u, 3u, 4u}) callbacks.ends(id);
  EXPECT_EQ(flight.line(kExecutor).holds, (Holds{"device:host-functions", "device:idle", "stream:2"}));
  EXPECT_EQ(flight.line(kExecutor).wants, kGil);
  callbacks.ends(2);
  EXPECT_EQ(flight.find(kExecutor).wants, "");
  EXPECT_EQ(count("callbacks.scheduled"), count("callbacks.run"));
}

TEST_F(ForeignCallbacksTest, ForgetACallbackThatWasNotLaunchedAfterAll) {
  for (const std::uint64_t id : {1u, 2u}) ASSERT_EQ(callbacks.announce(StreamId{1}, id), Status::ok);
  run_mark();
  callbacks.withdraw(1);  // after its mark
  EXPECT_EQ(flight.find(kExecutor).wants, "");
  callbacks.withdraw(2);  // before it
  run_mark();
  EXPECT_EQ(flight.find(kExecutor).wants, "");
  EXPECT_EQ(count("callbacks.scheduled"), 0u);
  EXPECT_EQ(count("callbacks.run"), 0u);
  callbacks.withdraw(3);
  EXPECT_EQ(count("callbacks.scheduled"), 0u);
}

TEST_F(ForeignCallbacksTest, CountNothingWhenTheMarkCannotBeLaunched) {
  device.answer_launches([](std::uint64_t) { return Status::launch_failure; });
  EXPECT_EQ(callbacks.announce(StreamId{1}, 1), Status::launch_failure);
  EXPECT_EQ(count("callbacks.scheduled"), 0u);
  EXPECT_THROW(callbacks.begins(1), std::logic_error);
}

TEST_F(ForeignCallbacksTest, RefuseACallbackThatCameBeforeItsMark) {
  ASSERT_EQ(callbacks.announce(StreamId{1}, 1), Status::ok);
  EXPECT_THROW(callbacks.begins(1), std::logic_error);
  run_mark();
  EXPECT_NO_THROW(callbacks.begins(1));
  callbacks.ends(1);
}

}  // namespace
}  // namespace kvtool::gil_hostfunc
