// wait-under-gil: a caller waits for a future with the runtime's lock held, and the worker that completes it
// needs that lock on its way. And the same between the runtime's lock and an allocator's.
#pragma once

#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::wait_under_gil {

template <class Rt>
class Future {
 public:
  static constexpr bool kMayBeAbandoned = true;

  Future(unsigned workers, bool drops_lock) : workers_(workers), drops_lock_(drops_lock) {}
  static unsigned actor_count(unsigned workers, bool) { return 1 + workers; }
  static std::string actor_name(unsigned actor) {
    return actor == 0 ? "caller" : explore::numbered("worker ", actor);
  }

  void run(unsigned actor) {
    if (actor > 0) {
      gil_.lock();  // a Python-owned object of the request is let go
      gil_.unlock();
      done_.release();
      return;
    }
    gil_.lock();
    if (drops_lock_) gil_.unlock();
    for (unsigned i = 0; i < workers_; ++i) done_.acquire();
    if (drops_lock_) gil_.lock();
    gil_.unlock();
  }

 private:
  const unsigned workers_;
  const bool drops_lock_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::semaphore done_{0, "future"};
};

// An allocation records the Python stack that asked for it; a profiler with the GIL asks the allocator.
template <class Rt>
class Allocator {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;

  explicit Allocator(bool ordered) : ordered_(ordered) {}
  static std::string actor_name(unsigned actor) { return actor == 0 ? "allocation" : "profiler"; }

  void run(unsigned actor) {
    const bool lock_first = actor == 0 && !ordered_;
    if (lock_first) {
      const std::lock_guard outer(allocator_);
      const std::lock_guard inner(gil_);
    } else {
      const std::lock_guard outer(gil_);
      const std::lock_guard inner(allocator_);
    }
  }

 private:
  const bool ordered_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::mutex allocator_{"allocator lock"};
};

}  // namespace kvtool::wait_under_gil
