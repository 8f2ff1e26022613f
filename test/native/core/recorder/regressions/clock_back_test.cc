// The original stamped with the realtime clock. Where NTP set it back by d between START and END, the span
// was negative, which a trace viewer showed as 2^64 microseconds.
#include <gtest/gtest.h>

#include <vector>

#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_recorder.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

// Both clocks are the test's; no wait in here has a limit, so nothing sleeps on them.
struct ManualClockRuntime : RealRuntime {
  struct clock {
    static inline std::uint64_t monotonic = 0;
    static inline std::uint64_t wall = 0;
    static std::uint64_t monotonic_ns() { return monotonic; }
    static std::uint64_t wall_ns() { return wall; }

    static void pass(std::uint64_t ns) {
      monotonic += ns;
      wall += ns;
    }
    static void set_back(std::uint64_t ns) { wall -= ns; }
  };
};
using Clock = ManualClockRuntime::clock;
using Recorder = EventRecorder<ManualClockRuntime>;

constexpr StreamId kStream{1};
constexpr std::uint64_t kStart = 1'700'000'000'000'000'000u;
constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kHour = 3'600'000'000'000;

class ClockBack : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    Clock::monotonic = 5'000;
    Clock::wall = kStart;
  }
};

TEST_P(ClockBack, DoesNotMakeASpanNegative) {
  FakeDevice device;
  Recorder recorder(device);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("START")), Status::ok);
  ASSERT_EQ(recorder.record_on_stream(kStream, make_event("END")), Status::ok);
  device.run_next();
  Clock::pass(10 * kMicrosecond);
  Clock::set_back(GetParam());
  device.run_next();
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 2u);
  EXPECT_EQ(events[0].timestamp_ns, kStart);
  EXPECT_EQ(events[1].timestamp_ns, kStart + 10 * kMicrosecond);
  EXPECT_EQ(events[0].monotonic_ns, 5'000u) << "the raw stamp stays raw";
}

TEST_P(ClockBack, DoesNotComeBetweenHostEventsEither) {
  FakeDevice device;
  Recorder recorder(device);
  ASSERT_EQ(recorder.record(make_event("START")), Status::ok);
  Clock::set_back(GetParam());
  ASSERT_EQ(recorder.record(make_event("END")), Status::ok);
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 2u);
  EXPECT_EQ(events[1].timestamp_ns, events[0].timestamp_ns);
}

// A span that begins in one recorder and ends in another, made after the step.
TEST_P(ClockBack, DoesNotComeBetweenRecordersThatShareAnAnchor) {
  FakeDevice device;
  const ClockAnchor anchor = ClockAnchor::take<Clock>();
  Recorder first(device, {.anchor = anchor});
  ASSERT_EQ(first.record(make_event("START")), Status::ok);
  Clock::pass(kMicrosecond);
  Clock::set_back(GetParam());
  Recorder second(device, {.anchor = anchor});
  ASSERT_EQ(second.record(make_event("END")), Status::ok);
  std::vector<Event> events;
  first.drain(events);
  second.drain(events);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].timestamp_ns - events[0].timestamp_ns, kMicrosecond);
}

INSTANTIATE_TEST_SUITE_P(Steps, ClockBack, testing::Values(50 * kMicrosecond, kHour));

}  // namespace
}  // namespace kvtool
