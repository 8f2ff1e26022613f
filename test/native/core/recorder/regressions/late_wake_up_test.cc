// In the original, an event of a stream did not wake the drain thread: it was seen when the thread's 100 ms
// poll came round. Here the drain thread sleeps without a limit, so an event that did not wake it would never
// arrive.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string_view>

#include "../../../support/arrivals.h"
#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

// A condition that tells the test when a thread goes to sleep on it, and whether it set an alarm.
class WatchedCondvar {
 public:
  static inline Arrivals* sleeps = nullptr;
  static inline std::atomic<int> alarms{0};

  explicit WatchedCondvar(std::string_view /*name*/ = {}) {}
  void notify_one() noexcept { inner_.notify_one(); }
  void notify_all() noexcept { inner_.notify_all(); }
  void wait(std::unique_lock<RealRuntime::mutex>& lock) {
    sleeps->arrive();  // the lock is held: whoever gets it next finds this thread asleep
    inner_.wait(lock);
  }
  bool wait_until(std::unique_lock<RealRuntime::mutex>& lock, std::uint64_t deadline_ns) {
    alarms++;
    return inner_.wait_until(lock, deadline_ns);
  }

 private:
  RealCondvar inner_;
};

struct WatchedRuntime : RealRuntime {
  using condvar = WatchedCondvar;
};

class LateWakeUp : public testing::Test {
 protected:
  LateWakeUp() {
    WatchedCondvar::sleeps = &sleeps;
    WatchedCondvar::alarms = 0;
    bus.declare("E");
    bus.subscribe("E", [this](const Event&) { delivered.arrive(); });
    bus.start();
  }

  Arrivals sleeps;
  Arrivals delivered;
  FakeDevice device;
  EventBus<WatchedRuntime> bus{device};
};

TEST_F(LateWakeUp, IsNotWhatAStreamsEventGets) {
  for (std::size_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(sleeps.await(i));
    ASSERT_EQ(bus.publish_on_stream(StreamId{1}, make_event("E")), Status::ok);
    device.run_all();
    ASSERT_TRUE(delivered.await(i)) << "the event did not wake the drain thread";
  }
  EXPECT_EQ(WatchedCondvar::alarms, 0) << "the drain thread polls";
}

TEST_F(LateWakeUp, IsNotWhatAHostEventGets) {
  for (std::size_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(sleeps.await(i));
    ASSERT_EQ(bus.publish(make_event("E")), Status::ok);
    ASSERT_TRUE(delivered.await(i)) << "the event did not wake the drain thread";
  }
  EXPECT_EQ(WatchedCondvar::alarms, 0) << "the drain thread polls";
}

TEST_F(LateWakeUp, IsNotWhatAnIdleBusDoesEither) {
  ASSERT_TRUE(sleeps.await());
  EXPECT_TRUE(bus.stop(kForever).complete);
  EXPECT_EQ(WatchedCondvar::alarms, 0);
}

}  // namespace
}  // namespace kvtool
