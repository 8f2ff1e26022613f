// The original allocated an event, called cudaLaunchHostFunc and ignored what it returned: each failed launch
// leaked the event (about 300 bytes) and lost it without a trace. Without the check in record_on_stream,
// in_flight never returns to 0 here and the slots run out.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr int kEvents = 10'000;
constexpr StreamId kStream{1};

Event large_event(int i) {
  return make_event("STORE_END", "request " + std::to_string(i) + " with a name that needs the heap",
                    {{"keys", std::string(200, 'k')}, {"index", i}});
}

class LaunchUnchecked : public testing::TestWithParam<double> {};

TEST_P(LaunchUnchecked, LeaksNothingAndCountsWhatItLoses) {
  FakeDevice device;
  std::mt19937_64 random(2952);
  std::bernoulli_distribution fails(GetParam());
  device.answer_launches([&](std::uint64_t) { return fails(random) ? Status::invalid_handle : Status::ok; });
  // Fewer slots than failures: a slot that is not reclaimed is missed.
  EventRecorder<RealRuntime> recorder(device, {.capacity = 50});

  std::uint64_t failed = 0;
  std::vector<Event> delivered;
  for (int i = 0; i < kEvents; ++i) {
    Event event = large_event(i);
    const Status status = recorder.record_on_stream(kStream, std::move(event));
    if (status != Status::ok) {
      failed++;
      EXPECT_EQ(status, Status::invalid_handle) << "the device's own status";
      EXPECT_EQ(event.metadata.size(), 2u) << "the caller has the event back";
    }
    expect_conserved(recorder.stats());
    if (i % 10 == 9) {
      device.run_all();
      recorder.drain(delivered);
    }
  }
  const RecorderStats stats = recorder.stats();
  EXPECT_EQ(stats.launch_failed, failed);
  EXPECT_EQ(stats.scheduled + stats.launch_failed, static_cast<std::uint64_t>(kEvents));
  EXPECT_EQ(stats.drained, delivered.size());
  EXPECT_EQ(stats.scheduled, delivered.size());
  EXPECT_EQ(stats.refused_full, 0u);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.free_slots, stats.capacity);
}

INSTANTIATE_TEST_SUITE_P(Rates, LaunchUnchecked, testing::Values(0.01, 0.5, 1.0));

// A sticky error: from the 100th launch on, every call reports it.
TEST(LaunchUncheckedOnABus, ReportsAndCountsAStickyError) {
  FakeDevice device;
  device.answer_launches([](std::uint64_t n) { return n < 100 ? Status::ok : Status::launch_failure; });
  EventBus<RealRuntime> bus(device);
  bus.declare("STORE_END");
  bus.start();
  int refused = 0;
  for (int i = 0; i < 1'000; ++i)
    refused += bus.publish_on_stream(kStream, large_event(i)) == Status::launch_failure;
  device.run_all();
  EXPECT_TRUE(bus.stop(std::chrono::seconds(20)).complete);
  EXPECT_EQ(refused, 900);
  EXPECT_EQ(bus.stats().launch_failed, 900u);
  EXPECT_EQ(bus.stats().delivered, 100u);
  expect_accounted(bus.stats());
}

}  // namespace
}  // namespace kvtool
