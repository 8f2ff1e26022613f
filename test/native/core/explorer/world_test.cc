// One primitive at a time: every interleaving of a few lines.
#include "core/explorer/world.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <vector>

#include "core/explorer/search.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {
namespace {

using Rt = ModelRuntime;

// What all executions came to, and one message for each outcome.
std::map<Outcome, std::string> outcomes(Program& program, const Limits& limits = {}) {
  World world(MemoryModel::sc, limits);
  world.set_hashed(true);
  CachedSearch search;
  std::map<Outcome, std::string> seen;
  do {
    const Outcome outcome = world.run(program, search);
    if (outcome != Outcome::pruned && outcome != Outcome::redundant) seen.emplace(outcome, world.message());
  } while (search.next(world));
  return seen;
}

template <class State, class... Args>
std::map<Outcome, std::string> outcomes_of(Args... args) {
  ProgramOf<State, Args...> program(args...);
  return outcomes(program);
}

bool only_ok(const std::map<Outcome, std::string>& seen) {
  return seen.size() == 1 && seen.count(Outcome::ok) == 1;
}

// ---- locks

struct SelfDeadlock {
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    const std::lock_guard outer(mutex);
    const std::lock_guard inner(mutex);
  }
  Rt::mutex mutex;
};
TEST(World, AMutexTakenTwiceByOneActorBlocksIt) {
  EXPECT_EQ(outcomes_of<SelfDeadlock>().count(Outcome::deadlock), 1U);
}

struct Recursive {
  static constexpr unsigned kActors = 2;
  void run(unsigned) {
    const std::lock_guard outer(mutex);
    const std::lock_guard inner(mutex);
    ++inside.write();
    Rt::check(inside.read() == 1, "one at a time");
    --inside.write();
  }
  Rt::recursive_mutex mutex;
  Rt::plain<int> inside{0};
};
TEST(World, ARecursiveMutexMayBeTakenTwice) { EXPECT_TRUE(only_ok(outcomes_of<Recursive>())); }

struct SharedReaders {
  static constexpr unsigned kActors = 3;
  explicit SharedReaders(bool with_lock) : locked(with_lock) {}
  void run(unsigned actor) {
    if (actor == 0) {
      const std::unique_lock guard(mutex);
      value.write() = 1;
      value.write() = 2;
    } else {
      std::shared_lock guard(mutex, std::defer_lock);
      if (locked) guard.lock();
      Rt::check(value.read() != 1, "never half written");
    }
  }
  const bool locked;
  Rt::shared_mutex mutex;
  Rt::plain<int> value{0};
};
TEST(World, ASharedMutexLetsReadersInTogetherAndKeepsTheWriterApart) {
  EXPECT_TRUE(only_ok(outcomes_of<SharedReaders>(true)));
  EXPECT_EQ(outcomes_of<SharedReaders>(false).count(Outcome::race), 1U);
}

struct TryLock {
  static constexpr unsigned kActors = 2;
  void run(unsigned) {
    if (mutex.try_lock()) {
      ++taken.write();
      mutex.unlock();
    }
  }
  void finish() { Rt::check(taken.read() == 2, "both got it"); }
  Rt::mutex mutex;
  Rt::plain<int> taken{0};
};
TEST(World, TryLockMayFailOrSucceed) {
  const auto seen = outcomes_of<TryLock>();
  EXPECT_EQ(seen.count(Outcome::ok), 1U);         // one after the other
  EXPECT_EQ(seen.count(Outcome::violation), 1U);  // both at once
}

struct Timed {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    if (actor == 0) {
      const std::lock_guard guard(mutex);
      Rt::yield();
    } else if (mutex.try_lock_for(1)) {
      mutex.unlock();
    } else {
      timed_out.write() = true;
    }
  }
  void finish() { Rt::check(!timed_out.read(), "never gives up"); }
  Rt::timed_mutex mutex;
  Rt::plain<bool> timed_out{false};
};
TEST(World, ATimedLockMayGiveUp) {
  const auto seen = outcomes_of<Timed>();
  EXPECT_EQ(seen.count(Outcome::ok), 1U);
  EXPECT_EQ(seen.count(Outcome::violation), 1U);
  EXPECT_EQ(seen.count(Outcome::deadlock), 0U);
}

struct WrongUnlock {
  static constexpr unsigned kActors = 1;
  void run(unsigned) { mutex.unlock(); }
  Rt::mutex mutex{"M"};
};
TEST(World, UnlockingWhatOneDoesNotHoldIsAnError) {
  EXPECT_EQ(outcomes_of<WrongUnlock>().at(Outcome::exception), "T0 unlocks M, which nobody holds");
}

// ---- condition variables and semaphores

struct Wakeup {
  static constexpr unsigned kActors = 2;
  explicit Wakeup(bool under_the_lock) : locked(under_the_lock) {}
  void run(unsigned actor) {
    if (actor == 0) {
      std::unique_lock lock(mutex);
      while (ready.load() == 0) changed.wait(lock);
    } else if (locked) {
      {
        const std::lock_guard lock(mutex);
        ready.store(1);
      }
      changed.notify_one();
    } else {
      ready.store(1);  // between the other's test and its wait
      changed.notify_one();
    }
  }
  const bool locked;
  Rt::mutex mutex{"M"};
  Rt::condvar changed{"changed"};
  Rt::atomic<int> ready{0};
};
TEST(World, ANotificationThatNobodyWaitsForIsLost) {
  EXPECT_EQ(outcomes_of<Wakeup>(false).count(Outcome::deadlock), 1U);
  EXPECT_TRUE(only_ok(outcomes_of<Wakeup>(true)));
}

struct WaitsOnce {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    std::unique_lock lock(mutex);
    if (actor == 1) {
      ready.write() = true;
      changed.notify_one();
      return;
    }
    if (!ready.read()) changed.wait(lock);  // no loop
    Rt::check(ready.read(), "was notified");
  }
  Rt::mutex mutex;
  Rt::condvar changed;
  Rt::plain<bool> ready{false};
};
TEST(World, WakesForNoReasonWhenAsked) {
  ProgramOf<WaitsOnce> program;
  EXPECT_TRUE(only_ok(outcomes(program)));
  Limits limits;
  limits.spurious_wakeups = 1;
  EXPECT_EQ(outcomes(program, limits).count(Outcome::violation), 1U);
}

struct NotifyOne {
  static constexpr unsigned kActors = 3;
  void run(unsigned actor) {
    std::unique_lock lock(mutex);
    if (actor < 2) {
      ++waiting.write();
      changed.wait(lock);
    } else if (waiting.read() == 2) {
      changed.notify_one();
    } else {
      changed.notify_all();
    }
  }
  Rt::mutex mutex;
  Rt::condvar changed;
  Rt::plain<int> waiting{0};
};
TEST(World, NotifyOneWakesOneOfThem) { EXPECT_EQ(outcomes_of<NotifyOne>().count(Outcome::deadlock), 1U); }

struct Permits {
  static constexpr unsigned kActors = 3;
  explicit Permits(int permits) : semaphore(permits) {}
  void run(unsigned) {
    semaphore.acquire();
    Rt::check(inside.fetch_add(1) < 2, "at most two inside");
    inside.fetch_sub(1);
    semaphore.release();
  }
  Rt::semaphore semaphore;
  Rt::atomic<int> inside{0};
};
TEST(World, ASemaphoreLetsInAsManyAsItHas) {
  EXPECT_TRUE(only_ok(outcomes_of<Permits>(2)));
  EXPECT_EQ(outcomes_of<Permits>(3).count(Outcome::violation), 1U);
  EXPECT_EQ(outcomes_of<Permits>(0).count(Outcome::deadlock), 1U);
}

// ---- data races

struct Published {
  static constexpr unsigned kActors = 2;
  explicit Published(std::memory_order store_order, std::memory_order load_order)
      : storing(store_order), loading(load_order) {}
  void run(unsigned actor) {
    if (actor == 0) {
      data.write() = 42;
      ready.store(true, storing);
    } else if (ready.load(loading)) {
      Rt::check(data.read() == 42, "sees what was published");
    }
  }
  const std::memory_order storing, loading;
  Rt::atomic<bool> ready{false};
  Rt::plain<int> data{0, "data"};
};
TEST(World, ReleaseAndAcquireOrderPlainDataAndRelaxedDoesNot) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  constexpr auto kAcquire = std::memory_order_acquire;
  constexpr auto kRelease = std::memory_order_release;
  EXPECT_TRUE(only_ok(outcomes_of<Published>(kRelease, kAcquire)));
  for (const auto& [storing, loading] : {std::pair(kRelaxed, kAcquire), std::pair(kRelease, kRelaxed)}) {
    ProgramOf<Published, std::memory_order, std::memory_order> program(storing, loading);
    EXPECT_EQ(outcomes(program).at(Outcome::race),
              "data race on data: T1 reads what T0 wrote, and nothing orders the two");
  }
}

struct Joined {
  static constexpr unsigned kActors = 1;
  explicit Joined(bool before_the_read) : joins(before_the_read) {}
  void run(unsigned) {
    Rt::thread other("other", [this] { data.write() = 1; });
    if (joins) other.join();
    Rt::check(data.read() <= 1, "");
  }
  const bool joins;
  Rt::plain<int> data{0};
};
TEST(World, AJoinOrders) {
  EXPECT_TRUE(only_ok(outcomes_of<Joined>(true)));
  EXPECT_EQ(outcomes_of<Joined>(false).count(Outcome::race), 1U);
}

// ---- spinning

struct Spins {
  static constexpr unsigned kActors = 2;
  explicit Spins(bool somebody_writes) : written(somebody_writes) {}
  void run(unsigned actor) {
    if (actor == 0) {
      Rt::spin spin;
      while (flag.load() == 0) spin.wait();
    } else if (written) {
      flag.store(1);
    }
  }
  const bool written;
  Rt::atomic<int> flag{0};
};
TEST(World, SpinningForWhatNobodyWillWriteIsALivelock) {
  EXPECT_TRUE(only_ok(outcomes_of<Spins>(true)));
  EXPECT_EQ(outcomes_of<Spins>(false).count(Outcome::livelock), 1U);
}

// ---- choices, exceptions, ends

struct Chooses {
  static constexpr unsigned kActors = 1;
  inline static std::map<unsigned, unsigned> seen;
  void run(unsigned) {
    const unsigned first = Rt::choose(3);
    Rt::yield();
    ++seen[first * 10 + Rt::choose(2)];
  }
};
TEST(World, EveryAlternativeIsExploredOnce) {
  Chooses::seen.clear();
  outcomes_of<Chooses>();
  EXPECT_EQ(Chooses::seen.size(), 6U);
  for (const auto& [choice, times] : Chooses::seen) EXPECT_EQ(times, 1U) << choice;
}

struct Throws {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    const std::lock_guard guard(mutex);
    if (actor == 1) throw std::runtime_error("no");
  }
  Rt::mutex mutex;
};
TEST(World, AnExceptionThatLeavesAnActorIsAFailure) {
  EXPECT_EQ(outcomes_of<Throws>().at(Outcome::exception), "an exception left the actor: no");
}

struct CatchesInBetween {
  static constexpr unsigned kActors = 2;
  void run(unsigned) {
    try {
      throw std::runtime_error("handled");
    } catch (const std::runtime_error& error) {
      Rt::yield();  // the other actor handles one, too
      Rt::check(std::string_view(error.what()) == "handled", "its own exception");
      const std::lock_guard guard(mutex);
    }
  }
  Rt::mutex mutex;
};
TEST(World, ExceptionsBelongToTheirActor) { EXPECT_TRUE(only_ok(outcomes_of<CatchesInBetween>())); }

// Objects on the stacks of a given-up execution are destroyed.
struct Counted {
  inline static int alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --alive; }
};
struct Owning {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    const Counted counted;
    const std::vector<int> memory(1000);
    const std::lock_guard outer(actor == 0 ? a : b);
    const std::lock_guard inner(actor == 0 ? b : a);
  }
  Rt::mutex a, b;
};
TEST(World, TakesDownWhatAnExecutionLeft) {
  EXPECT_EQ(outcomes_of<Owning>().count(Outcome::deadlock), 1U);
  EXPECT_EQ(Counted::alive, 0);
}

// The others are not there yet, or are those of the execution before.
struct FailsInItsFirstLine {
  static constexpr unsigned kActors = 3;
  void run(unsigned actor) {
    if (actor == 1) Rt::check(Rt::choose(2) == 0, "the first line");
    const std::lock_guard guard(mutex);
  }
  Rt::mutex mutex;
};
TEST(World, TakesDownNobodyWhoHasNotBegun) {
  const auto seen = outcomes_of<FailsInItsFirstLine>();
  ASSERT_EQ(seen.count(Outcome::violation), 1U);
  EXPECT_EQ(seen.at(Outcome::violation), "the first line");
  EXPECT_EQ(seen.count(Outcome::ok), 1U);
}

struct FailsAtOnce : FailsInItsFirstLine {
  void run(unsigned actor) { Rt::check(actor != 0, "at once"); }
};
TEST(World, TakesDownNobodyInItsFirstExecutionEither) {
  EXPECT_EQ(outcomes_of<FailsAtOnce>().at(Outcome::violation), "at once");
}

struct Daemon {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    if (actor == 1) World::current().set_daemon(actor);
    for (int i = 0; i < 2; ++i) {
      if (actor == 1)
        work.acquire();
      else
        work.release();
    }
    if (actor == 1) work.acquire();
  }
  Rt::semaphore work{0};
};
TEST(World, ADaemonNeedNotEnd) { EXPECT_TRUE(only_ok(outcomes_of<Daemon>())); }

struct Many {
  static constexpr unsigned kActors = kMaxActors + 1;
  void run(unsigned) {}
};
TEST(World, SaysWhenAModelIsTooLarge) {
  ProgramOf<Many> program;
  World world;
  CachedSearch search;
  EXPECT_THROW(world.run(program, search), ModelLimit);
}

TEST(World, NamesWhoStandsWhere) {
  ProgramOf<SelfDeadlock> program;
  World world;
  CachedSearch search;
  ASSERT_EQ(world.run(program, search), Outcome::deadlock);
  const std::vector<World::Blocked> standing = world.standing();
  ASSERT_EQ(standing.size(), 1U);
  EXPECT_EQ(standing[0].wants.kind, Kind::lock);
  ASSERT_EQ(standing[0].holds.size(), 1U);
  EXPECT_EQ(standing[0].holds[0], standing[0].wants.object);
}

}  // namespace
}  // namespace kvtool::explore::test
