// What stands still only because the model lets no more timeouts fire is no failure; a lock that cannot come
// back is one all the same.
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>

#include "core/explorer/explorer.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore {
namespace {

using Rt = ModelRuntime;

// Polls for ever with a limit; the other waits in `Wait` for what the poller does in the end.
template <bool spins>
struct Polls {
  static constexpr unsigned kActors = 2;
  Rt::semaphore never{0, "never"}, done_semaphore{0, "done"};
  Rt::atomic<bool> done{false, "done"};
  void run(unsigned actor) {
    if (actor == 0) {
      for (int i = 0; i < 5; ++i) (void)never.try_acquire_for(std::chrono::seconds(1));
      done.store(true);
      done_semaphore.release();
    } else if (spins) {
      for (Rt::spin spin; !done.load();) spin.wait();
    } else {
      done_semaphore.acquire();
    }
  }
};
TEST(TimedWaits, ThatMayFireNoMoreLeaveNobodyStuck) {
  ProgramOf<Polls<true>> spinning;
  EXPECT_EQ(explore(spinning, {}).conclusion, Conclusion::proved);
  ProgramOf<Polls<false>> waiting;
  const Exploration result = explore(waiting, {});
  EXPECT_EQ(result.conclusion, Conclusion::proved);
  EXPECT_TRUE(result.timeouts_bounded);
}

struct AbBaBesideAPoller {
  static constexpr unsigned kActors = 3;
  Rt::semaphore never{0, "never"};
  Rt::mutex a{"A"}, b{"B"};
  void run(unsigned actor) {
    if (actor == 2) {
      for (int i = 0; i < 5; ++i) (void)never.try_acquire_for(std::chrono::seconds(1));
      return;
    }
    const std::lock_guard outer(actor == 0 ? a : b);
    const std::lock_guard inner(actor == 0 ? b : a);
  }
};
TEST(TimedWaits, DoNotHideALockCycle) {
  ProgramOf<AbBaBesideAPoller> program;
  const Exploration result = explore(program, {});
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->outcome, Outcome::deadlock);
}

}  // namespace
}  // namespace kvtool::explore
