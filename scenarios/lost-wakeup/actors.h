// lost-wakeup: the producer sets the predicate of a condition variable outside of its mutex, so that it may
// fall between the sender's look at it and the sender's sleep.
#pragma once

#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::lost_wakeup {

template <class Rt, bool under_the_mutex>
class LostWakeup {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "producer" : "sender"; }

  void run(unsigned actor) {
    if (actor == 0)
      produce();
    else
      send();
  }

 private:
  void produce() {
    if constexpr (under_the_mutex) {
      const std::lock_guard guard(mutex_);
      ready_.store(true);
    } else {
      ready_.store(true);
    }
    changed_.notify_one();
  }
  void send() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.load(); });
  }

  typename Rt::mutex mutex_{"sender's mutex"};
  typename Rt::condvar changed_{"response ready"};
  typename Rt::template atomic<bool> ready_{false, "ready"};
};

}  // namespace kvtool::lost_wakeup
