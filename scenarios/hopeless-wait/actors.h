// hopeless-wait: loads take chunks of a staging pool one by one and give them back when they have all. Where
// the pool is empty they wait for somebody to give back, also when nobody can: there is no cache above the
// pool from which anything could be evicted, and every chunk is held by a load that waits.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::hopeless_wait {

enum class Wait : std::uint8_t {
  looping,        // looks again and again
  asleep,         // until a chunk is given back
  never,          // an empty pool is an error at once
  while_it_helps  // as long as somebody who does not wait holds a chunk
};

template <class Rt, Wait wait>
class HopelessWait {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static unsigned actor_count(unsigned loads, unsigned /*chunks*/, unsigned /*batch*/) { return loads; }
  static std::string actor_name(unsigned actor) { return explore::numbered("load ", actor); }

  HopelessWait(unsigned /*loads*/, unsigned chunks, unsigned batch)
      : chunks_(chunks), batch_(batch), free_(chunks, "free chunks") {}

  void run(unsigned) {
    unsigned held = 0;
    while (held < batch_ && take(held)) {
      ++held;
      Rt::perturb("hopeless-wait:filled");
    }
    if (held == batch_) complete_.store(true, std::memory_order_relaxed);
    give_back(held);
  }

  void finish() {
    Rt::check(free_.load() == chunks_, "every chunk is given back");
    if (wait == Wait::while_it_helps && batch_ <= chunks_)
      Rt::check(complete_.load(), "of loads that fit into the pool one is complete");
  }

 private:
  // `held`: chunks that the caller has already. False when it should not wait for one more.
  bool take(unsigned held) {
    if constexpr (wait == Wait::looping) {
      while (!try_take()) {
        typename Rt::spin spin;
        while (free_.load() == 0) spin.wait();
      }
      return true;
    }
    std::unique_lock lock(mutex_);
    while (free_.load() == 0) {
      if (wait == Wait::never) return false;
      if (wait == Wait::while_it_helps && held_by_waiters_.load() + held == chunks_) return false;
      if (wait == Wait::while_it_helps) held_by_waiters_.fetch_add(held);
      returned_.wait(lock);
      if (wait == Wait::while_it_helps) held_by_waiters_.fetch_sub(held);
    }
    free_.fetch_sub(1);
    return true;
  }
  bool try_take() {
    const std::lock_guard guard(mutex_);
    if (free_.load() == 0) return false;
    free_.fetch_sub(1);
    return true;
  }
  void give_back(unsigned held) {
    const std::lock_guard guard(mutex_);
    free_.fetch_add(held);
    returned_.notify_all();
  }

  const unsigned chunks_, batch_;
  typename Rt::mutex mutex_{"pool"};  // for changes of free_ and of held_by_waiters_
  typename Rt::condvar returned_{"chunk given back"};
  typename Rt::template atomic<unsigned> free_;
  typename Rt::template atomic<unsigned> held_by_waiters_{0, "held by waiters"};
  typename Rt::template atomic<bool> complete_{false, "complete"};
};

}  // namespace kvtool::hopeless_wait
