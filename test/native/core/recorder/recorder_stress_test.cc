// Many threads, perturbed: nothing is lost, doubled or reordered, and every snapshot of the counters adds up.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "../../support/events.h"
#include "../../support/fake_device.h"
#include "core/recorder/event_recorder.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

constexpr int kEvents = 1'000;
constexpr StreamId kStream{1};

class RecorderStress : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override { Perturbation::enable(GetParam()); }
  void TearDown() override { Perturbation::disable(); }
};

TEST_P(RecorderStress, ConservesEveryEvent) {
  FakeDevice device;
  device.answer_launches([](std::uint64_t n) { return n % 97 == 0 ? Status::launch_failure : Status::ok; });
  EventRecorder<RealRuntime> recorder(device, {.capacity = 64});
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> failed{0};
  std::map<std::string, std::vector<std::int64_t>> received;  // the drainer's, read after it was joined

  std::optional<RealRuntime::thread> drainer;
  drainer.emplace("drainer", [&] {
    std::vector<Event> batch;
    while (recorder.wait() == Wake::events) {
      recorder.drain(batch, 10);
      for (const Event& event : batch)
        received[event.session].push_back(std::get<std::int64_t>(event.metadata[0].second));
      batch.clear();
      expect_conserved(recorder.stats());
    }
  });
  {
    const FakeDevice::DriverThread driver(device);
    // Tries again while the recorder is full, so that every event takes the whole way or fails to launch.
    const auto produce = [&](const std::string& name, bool on_stream) {
      for (std::int64_t i = 0; i < kEvents; ++i) {
        Event event = make_event("E", name, {{"sequence", i}});
        Status status = Status::out_of_memory;
        while (status == Status::out_of_memory) {
          status = on_stream ? recorder.record_on_stream(kStream, std::move(event))
                             : recorder.record(std::move(event));
          if (status == Status::out_of_memory) std::this_thread::yield();
        }
        (status == Status::ok ? accepted : failed).fetch_add(1);
      }
    };
    const RealRuntime::thread a("stream a", [&] { produce("a", true); });
    const RealRuntime::thread b("stream b", [&] { produce("b", true); });
    const RealRuntime::thread c("host c", [&] { produce("c", false); });
  }
  EXPECT_TRUE(recorder.close(kForever).complete);
  drainer.reset();

  const RecorderStats stats = recorder.stats();
  expect_conserved(stats);
  EXPECT_EQ(accepted + failed, 3u * kEvents);
  EXPECT_EQ(stats.scheduled, accepted);
  EXPECT_EQ(stats.drained, accepted);
  EXPECT_EQ(stats.launch_failed, failed);
  EXPECT_GT(stats.launch_failed, 0u);
  std::uint64_t total = 0;
  for (const auto& [name, sequence] : received) {
    EXPECT_TRUE(std::is_sorted(sequence.begin(), sequence.end(), std::less_equal<>{}))
        << name << ": out of order or doubled";
    total += sequence.size();
  }
  EXPECT_EQ(total, accepted);
}

TEST_P(RecorderStress, DividesTheEventsBetweenTwoDrainers) {
  FakeDevice device;
  EventRecorder<RealRuntime> recorder(device, {.capacity = 4 * kEvents});
  std::vector<Event> first;
  std::vector<Event> second;
  const auto drain_all = [&](std::vector<Event>& out) {
    while (recorder.wait() == Wake::events) recorder.drain(out, 3);
  };
  {
    const RealRuntime::thread a("drainer a", [&] { drain_all(first); });
    const RealRuntime::thread b("drainer b", [&] { drain_all(second); });
    for (int i = 0; i < kEvents; ++i) {
      EXPECT_EQ(recorder.record_on_stream(kStream, make_event("E", std::to_string(i))), Status::ok);
      device.run_all();
    }
    recorder.close(kForever);
  }
  std::set<std::string> sessions;
  for (const auto* events : {&first, &second})
    for (const Event& event : *events)
      EXPECT_TRUE(sessions.insert(event.session).second) << "handed out twice";
  EXPECT_EQ(sessions.size(), static_cast<std::size_t>(kEvents));
  expect_conserved(recorder.stats());
}

// Recorders come and go while their host functions are still under way: never a use after free, never a leak.
TEST_P(RecorderStress, SurvivesRecordersThatDieWithFunctionsInFlight) {
  FakeDevice device;
  {
    const FakeDevice::DriverThread driver(device);
    for (int i = 0; i < 200; ++i) {
      EventRecorder<RealRuntime> recorder(device, {.capacity = 8});
      for (int n = 0; n < 8; ++n)
        ASSERT_EQ(
            recorder.record_on_stream(kStream, make_event("E", "a session too long for a small string")),
            Status::ok);
      if (i % 3 == 0) recorder.close(kForever);
    }
  }
  EXPECT_EQ(RealRuntime::sweep_lingering(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RecorderStress, testing::Values(1, 2, 3));

}  // namespace
}  // namespace kvtool
