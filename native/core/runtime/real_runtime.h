// RealRuntime: the runtime policy `Rt` of code that runs for real. Templates over Rt use nothing but the
// names below to synchronise; a model checker provides the same names and decides every interleaving. On this
// policy they are the standard library's own, so the template costs what the hand-written code would.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <thread>

#include "core/runtime/invariants.h"
#include "core/runtime/lifetime.h"
#include "core/runtime/lingering.h"
#include "core/runtime/named_mutex.h"
#include "core/runtime/perturbation.h"
#include "core/runtime/real_clock.h"
#include "core/runtime/real_condvar.h"
#include "core/runtime/real_locks.h"
#include "core/runtime/real_plain.h"
#include "core/runtime/real_thread.h"

namespace kvtool {

struct RealRuntime {
  static constexpr bool kIsModel = false;

  // BasicLockable and Lockable; use with std::lock_guard and std::unique_lock. Each may be given a name,
  // which only a model shows.
  using mutex = RealLock<std::mutex>;
  using timed_mutex = RealLock<std::timed_mutex>;
  using recursive_mutex = RealLock<std::recursive_mutex>;
  using shared_mutex = RealLock<std::shared_mutex>;
  using semaphore = RealSemaphore;
  // The same with a name, for locks that a diagnosis should show; see named_mutex.h.
  using named_mutex = NamedMutex;
  // wait(unique_lock<mutex>&), wait_until(lock, deadline_ns) -> false when it passed, notify_one(),
  // notify_all().
  using condvar = RealCondvar;
  // std::atomic's operations, with their memory orders.
  template <class T>
  using atomic = RealAtomic<T>;
  // Shared data that is no means of synchronisation: read() and write().
  template <class T>
  using plain = RealPlain<T>;
  // thread(name, body): joins when it goes out of scope. join(), joinable(), is_current().
  using thread = RealThread;
  // monotonic_ns() and wall_ns(); deadlines are on the monotonic scale (deadline_after<Rt::clock>(timeout)).
  using clock = RealClock;

  // A loop that waits by reading; see real_locks.h.
  using spin = RealSpin;
  // A language runtime's lock; see real_locks.h.
  using runtime_lock = RealRuntimeLock;

  static void fence(std::memory_order order) { std::atomic_thread_fence(order); }
  static void yield() { std::this_thread::yield(); }
  template <class Duration>
  static void sleep_for(const Duration& duration) {
    std::this_thread::sleep_for(duration);
  }
  // One of 0 ... alternatives - 1, by the perturbation's seed. A model explores every one.
  static unsigned choose(unsigned alternatives) { return Perturbation::choose(alternatives); }
  // An invariant. A model ends the execution when it does not hold; here it is reported and the actors go on.
  static void check(bool holds, std::string_view invariant) {
    if (!holds) [[unlikely]]
      report_broken_invariant(invariant);
  }
  // Memory was used or freed after it was freed, or never freed. As check().
  static void lifetime_error(LifetimeError /*kind*/, std::string_view what) { report_broken_invariant(what); }
  // All that the calling actor knows from here on is `state...`; for a model's search.
  template <class... State>
  static void local_state(const State&...) {}

  // A place where the schedule matters, named `what:where`. Does nothing unless Perturbation::enable() was
  // called.
  static void perturb(std::string_view point) {
    if (Perturbation::enabled()) [[unlikely]]
      Perturbation::pass(point);
  }

  // Whether the execution that the caller's objects belong to is over: a model destroys its state after it,
  // when nobody is left to be waited for. Never here.
  static constexpr bool is_over() { return false; }

  // Hands over memory that a thread which must not free may still touch; see lingering.h.
  static void linger(std::unique_ptr<Lingering> object) { kvtool::linger(std::move(object)); }
  static std::size_t sweep_lingering() { return kvtool::sweep_lingering(); }
};

}  // namespace kvtool
