// Locks, semaphores, threads: what one actor stored before it released, another sees that acquires after it,
// under every memory model.
#include <gtest/gtest.h>

#include <mutex>

#include "core/explorer/explorer.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore {
namespace {

using Rt = ModelRuntime;
constexpr auto kRelaxed = std::memory_order_relaxed;

class ReleaseOrder : public testing::TestWithParam<MemoryModel> {
 protected:
  template <class State>
  Exploration explored() {
    ProgramOf<State> program;
    ExploreOptions options;
    options.model = GetParam();
    return explore(program, options);
  }
};

struct UnderMutex {
  static constexpr unsigned kActors = 3;
  Rt::mutex mutex{"M"};
  Rt::atomic<int> a{0, "a"}, b{0, "b"};
  void run(unsigned) {
    const std::lock_guard guard(mutex);
    const int now = a.load(kRelaxed);
    Rt::check(b.load(kRelaxed) == now, "b follows a");
    a.store(now + 1, kRelaxed);
    b.store(now + 1, kRelaxed);
  }
  void finish() { Rt::check(a.load(kRelaxed) == 3, "three turns"); }
};
TEST_P(ReleaseOrder, AMutexCarriesRelaxedStores) {
  EXPECT_EQ(explored<UnderMutex>().conclusion, Conclusion::proved);
}

template <bool with_semaphore>
struct Handed {
  static constexpr unsigned kActors = 2;
  Rt::semaphore ready{0, "ready"};
  Rt::atomic<int> flag{0, "flag"}, data{0, "data"};
  void run(unsigned actor) {
    if (actor == 0) {
      data.store(1, kRelaxed);
      if (with_semaphore)
        ready.release();
      else
        flag.store(1, kRelaxed);
    } else if (with_semaphore) {
      ready.acquire();
      Rt::check(data.load(kRelaxed) == 1, "the data came with the semaphore");
    } else if (flag.load(kRelaxed) == 1) {
      Rt::check(data.load(kRelaxed) == 1, "the data came with the flag");
    }
  }
};
TEST_P(ReleaseOrder, ASemaphoreCarriesRelaxedStores) {
  EXPECT_EQ(explored<Handed<true>>().conclusion, Conclusion::proved);
}
// The test can fail: a relaxed flag carries nothing where stores to two cells may change places.
TEST_P(ReleaseOrder, ARelaxedFlagDoesNot) {
  const bool reorders = GetParam() == MemoryModel::pso || GetParam() == MemoryModel::arm;
  EXPECT_EQ(explored<Handed<false>>().conclusion, reorders ? Conclusion::failed : Conclusion::proved);
}

struct Joined {
  static constexpr unsigned kActors = 1;
  Rt::atomic<int> data{0, "data"};
  void run(unsigned) {
    data.store(1, kRelaxed);
    Rt::thread child("child", [this] {
      Rt::check(data.load(kRelaxed) == 1, "the child sees what came before it");
      data.store(2, kRelaxed);
    });
    child.join();
    Rt::check(data.load(kRelaxed) == 2, "the parent sees what the child did");
  }
};
TEST_P(ReleaseOrder, AThreadsStartAndEndCarryRelaxedStores) {
  EXPECT_EQ(explored<Joined>().conclusion, Conclusion::proved);
}

struct Notified {
  static constexpr unsigned kActors = 2;
  Rt::mutex mutex{"M"};
  Rt::condvar changed{"changed"};
  Rt::atomic<int> ready{0, "ready"};
  void run(unsigned actor) {
    std::unique_lock lock(mutex);
    if (actor == 0) {
      ready.store(1, kRelaxed);
      changed.notify_one();
    } else {
      changed.wait(lock, [this] { return ready.load(kRelaxed) == 1; });
    }
  }
};
TEST_P(ReleaseOrder, AWaiterSeesWhyItWasNotified) {
  EXPECT_EQ(explored<Notified>().conclusion, Conclusion::proved);
}

INSTANTIATE_TEST_SUITE_P(Models, ReleaseOrder,
                         testing::Values(MemoryModel::sc, MemoryModel::tso, MemoryModel::pso,
                                         MemoryModel::arm),
                         [](const auto& each) { return std::string(to_string(each.param)); });

// A used late load is past; a loop that copies payloads must come back to the same state.
struct CopiesForEver {
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;
  Rt::atomic<int> data{0, "data"};
  void run(unsigned actor) {
    if (actor == 0) return data.store(1, kRelaxed);
    for (int i = 0; i < 40; ++i) {
      Rt::local_state(i);
      const unsigned token = data.load_late();
      (void)data.late_value(token);
    }
  }
};
TEST(LateLoads, AreForgottenOnceUsed) {
  ProgramOf<CopiesForEver> program;
  ExploreOptions options;
  options.model = MemoryModel::arm;
  const Exploration result = explore(program, options);
  EXPECT_EQ(result.conclusion, Conclusion::proved);
  EXPECT_LT(result.states, 2000U);
}

}  // namespace
}  // namespace kvtool::explore
