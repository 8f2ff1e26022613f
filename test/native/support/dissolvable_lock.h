// A runtime lock for tests without an interpreter, and a callback that needs it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "gil-hostfunc/runtime_callback.h"

namespace kvtool::gil_hostfunc {

// A runtime lock whose waiters can be sent away, so that a test may end a deadlock that it has seen.
class DissolvableLock {
 public:
  // False when the lock was dissolved instead of given.
  bool lock() {
    std::unique_lock guard(mutex_);
    ++waiters_;
    changed_.notify_all();
    changed_.wait(guard, [this] { return !held_ || dissolved_; });
    --waiters_;
    if (held_) return false;
    held_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  void await_waiter() {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return waiters_ > 0; });
  }
  void dissolve() {
    {
      const std::lock_guard guard(mutex_);
      dissolved_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  int waiters_ = 0;
  bool held_ = false;
  bool dissolved_ = false;
};

class CallbackUnderLock final : public RuntimeCallback {
 public:
  explicit CallbackUnderLock(DissolvableLock& lock) : lock_(lock) {}
  void run(std::uint64_t, std::uint64_t) override {
    if (lock_.lock()) lock_.unlock();
  }

 private:
  DissolvableLock& lock_;
};

}  // namespace kvtool::gil_hostfunc
