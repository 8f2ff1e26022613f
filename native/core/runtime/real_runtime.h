// RealRuntime: the runtime policy `Rt` of code that runs for real. Templates over Rt use nothing but the
// names below to synchronise; a model checker provides the same names and decides every interleaving. On this
// policy they are the standard library's own, so the template costs what the hand-written code would.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "core/runtime/lingering.h"
#include "core/runtime/named_mutex.h"
#include "core/runtime/perturbation.h"
#include "core/runtime/real_clock.h"
#include "core/runtime/real_condvar.h"
#include "core/runtime/real_thread.h"

namespace kvtool {

// Data that is *not* a means of synchronisation: some lock or order of events must protect it. Access is
// explicit so that a model can check each one against the happens-before order; here ThreadSanitizer does, on
// the plain T.
template <class T>
class RealPlain {
 public:
  RealPlain() = default;
  explicit RealPlain(T value) : value_(std::move(value)) {}
  RealPlain(const RealPlain&) = delete;
  RealPlain& operator=(const RealPlain&) = delete;

  const T& read() const { return value_; }
  T& write() { return value_; }

 private:
  T value_{};
};

struct RealRuntime {
  // BasicLockable and Lockable; use with std::lock_guard and std::unique_lock.
  using mutex = std::mutex;
  // The same with a name, for locks that a diagnosis should show; see named_mutex.h.
  using named_mutex = NamedMutex;
  // wait(unique_lock<mutex>&), wait_until(lock, deadline_ns) -> false when it passed, notify_one(),
  // notify_all().
  using condvar = RealCondvar;
  // std::atomic's operations, with their memory orders.
  template <class T>
  using atomic = std::atomic<T>;
  // Shared data that is no means of synchronisation: read() and write().
  template <class T>
  using plain = RealPlain<T>;
  // thread(name, body): joins when it goes out of scope. join(), joinable(), is_current().
  using thread = RealThread;
  // monotonic_ns() and wall_ns(); deadlines are on the monotonic scale (deadline_after<Rt::clock>(timeout)).
  using clock = RealClock;

  // A place where the schedule matters, named `what:where`. Does nothing unless Perturbation::enable() was
  // called.
  static void perturb(std::string_view point) {
    if (Perturbation::enabled()) [[unlikely]]
      Perturbation::pass(point);
  }

  // Hands over memory that a thread which must not free may still touch; see lingering.h.
  static void linger(std::unique_ptr<Lingering> object) { kvtool::linger(std::move(object)); }
  static std::size_t sweep_lingering() { return kvtool::sweep_lingering(); }
};

}  // namespace kvtool
