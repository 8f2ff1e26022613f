#include "core/runtime/real_runtime.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "../../support/arrivals.h"

namespace kvtool {
namespace {

using Rt = RealRuntime;

TEST(RealThread, BearsItsNameInTheKernel) {
  char name[16] = {};
  Rt::thread("a name of more than 15 bytes", [&] {
    pthread_getname_np(pthread_self(), name, sizeof name);
  }).join();
  EXPECT_EQ(std::string(name), "a name of more ");
}

TEST(RealThread, JoinsWhenItGoesOutOfScope) {
  int done = 0;
  {
    const Rt::thread thread("worker", [&] { done = 1; });
  }
  EXPECT_EQ(done, 1);
}

TEST(RealThread, JoinsWhatItReplaces) {
  int first_done = 0;
  Rt::thread thread("first", [&] { first_done = 1; });
  thread = Rt::thread("second", [] {});  // std::thread would end the program here
  EXPECT_EQ(first_done, 1);
  thread.join();
  EXPECT_FALSE(thread.joinable());
}

TEST(RealThread, KnowsWhetherItIsTheCaller) {
  EXPECT_FALSE(Rt::thread().is_current());
  Rt::mutex handover;
  Rt::thread thread;
  bool inside = false;
  {
    const std::lock_guard guard(handover);
    thread = Rt::thread("self", [&] {
      const std::lock_guard wait_until_assigned(handover);
      inside = thread.is_current();
    });
  }
  EXPECT_FALSE(thread.is_current());
  thread.join();
  EXPECT_TRUE(inside);
}

TEST(RealCondvar, WakesAWaiterWithoutALimit) {
  Rt::mutex mutex;
  Rt::condvar condition;
  bool ready = false;
  Arrivals woken;
  const Rt::thread waiter("waiter", [&] {
    std::unique_lock lock(mutex);
    while (!ready) condition.wait(lock);
    woken.arrive();
  });
  {
    const std::lock_guard guard(mutex);
    ready = true;
  }
  condition.notify_one();
  EXPECT_TRUE(woken.await());
}

TEST(RealCondvar, SaysWhenADeadlineHasPassed) {
  Rt::mutex mutex;
  Rt::condvar condition;
  std::unique_lock lock(mutex);
  const std::uint64_t deadline = deadline_after<Rt::clock>(std::chrono::milliseconds(1));
  while (condition.wait_until(lock, deadline)) {
  }
  EXPECT_GE(Rt::clock::monotonic_ns(), deadline);
}

TEST(RealClock, MakesDeadlinesThatNeitherWrapNorLieInThePast) {
  const std::uint64_t now = Rt::clock::monotonic_ns();
  EXPECT_GE(deadline_after<Rt::clock>(std::chrono::seconds(-5)), now);
  EXPECT_GE(deadline_after<Rt::clock>(std::chrono::seconds(5)), now + 5'000'000'000u);
  EXPECT_EQ(deadline_after<Rt::clock>(kForever), std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

TEST(RealPlain, IsAValueWithExplicitAccess) {
  Rt::plain<int> number;
  EXPECT_EQ(number.read(), 0);
  number.write() = 5;
  EXPECT_EQ(number.read(), 5);
}

}  // namespace
}  // namespace kvtool
