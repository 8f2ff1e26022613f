// shared-lock-writes: two threads ask for the status of one transfer. Each asks the engine and writes the
// answer into the handle, holding the agent's lock in shared mode, which holds off neither. The engine
// reports a completion once; the thread that asked before it writes "in progress" over the other's "done".
#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "core/explorer/program.h"

namespace kvtool::shared_lock_writes {

enum class Lock : std::uint8_t {
  none,        // the agent's lock does nothing unless it is asked for
  shared,      // of the agent
  exclusive,   // of the agent: handles wait for each other
  per_handle,  // shared of the agent, and one of the handle's own
};
// What the handle's status is. `raced`: plain data, to see what races lead to; `plain`: where any is an
// error.
enum class Status : std::uint8_t { raced, plain, atomic };

template <class Rt, Lock lock, Status kind>
class SharedLockWrites {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr bool kRacesAreAllowed = kind == Status::raced;
  static unsigned actor_count(unsigned threads, unsigned /*polls*/) { return 1 + threads; }
  static std::string actor_name(unsigned actor) {
    return actor == 0 ? std::string("engine") : explore::numbered("T", actor);
  }

  SharedLockWrites(unsigned /*threads*/, unsigned polls) : polls_(polls) {}

  void run(unsigned actor) {
    if (actor == 0) {
      completion_.store(true, std::memory_order_release);
      return;
    }
    for (unsigned poll = 0; poll < polls_; ++poll) {
      Rt::local_state(poll);
      if (ask_status()) return;
    }
  }

 private:
  // Whether the transfer is done.
  bool ask_status() {
    if constexpr (lock == Lock::shared) {
      const std::shared_lock agent(agent_);
      return refresh();
    } else if constexpr (lock == Lock::exclusive) {
      const std::lock_guard agent(agent_);
      return refresh();
    } else if constexpr (lock == Lock::per_handle) {
      const std::shared_lock agent(agent_);
      const std::lock_guard handle(handle_);
      return refresh();
    } else {
      return refresh();
    }
  }
  bool refresh() {
    if (is_done()) return true;
    const bool done = completion_.exchange(false, std::memory_order_acquire);
    Rt::perturb("shared-lock-writes:asked");
    const bool was_done = set_done(done);
    Rt::check(done || !was_done, "a transfer that was done is not in progress again");
    return done;
  }

  bool is_done() const {
    if constexpr (kind == Status::atomic)
      return done_.load();
    else
      return done_.get([](bool done) { return done; });
  }
  // The value before.
  bool set_done(bool done) {
    if constexpr (kind == Status::atomic)
      return done_.exchange(done);
    else
      return done_.update([done](bool& now) { return std::exchange(now, done); });
  }

  const unsigned polls_;
  typename Rt::shared_mutex agent_{"agent"};
  typename Rt::mutex handle_{"handle"};
  typename Rt::template atomic<bool> completion_{false, "completion"};  // whoever takes it has it
  std::conditional_t<kind == Status::atomic, typename Rt::template atomic<bool>,
                     typename Rt::template plain<bool>>
      done_{false, "status"};
};

}  // namespace kvtool::shared_lock_writes
