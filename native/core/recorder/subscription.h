// Subscription: one subscriber's function, and the promise that it is not called again once it was cancelled.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "core/recorder/event.h"
#include "core/runtime/real_clock.h"

namespace kvtool {

// 0 stands for no subscription.
enum class SubscriptionId : std::uint64_t { none = 0 };

using Subscriber = std::function<void(const Event&)>;

template <class Rt>
class Subscription {
 public:
  Subscription(SubscriptionId id, Subscriber function) : id_(id), function_(std::move(function)) {}

  SubscriptionId id() const { return id_; }

  // Calls the function unless it was cancelled. False when it threw. Called by the drain thread only.
  bool call(const Event& event) {
    {
      const std::lock_guard guard(mutex_);
      if (state_.read().cancelled) return true;
      state_.write().running = true;
    }
    bool returned = true;
    try {
      function_(event);
    } catch (...) {
      returned = false;  // whatever it was, it is the subscriber's: the other subscribers and events go on
    }
    {
      const std::lock_guard guard(mutex_);
      state_.write().running = false;
    }
    idle_.notify_all();
    return returned;
  }

  // No call begins from now on. Waits at most `timeout` for one that is under way; true when there is none.
  bool cancel(std::chrono::nanoseconds timeout) {
    const std::uint64_t deadline = deadline_after<typename Rt::clock>(timeout);
    bool expired = timeout <= std::chrono::nanoseconds::zero();
    std::unique_lock lock(mutex_);
    state_.write().cancelled = true;
    while (state_.read().running && !expired) expired = !idle_.wait_until(lock, deadline);
    return !state_.read().running;
  }

 private:
  struct State {
    bool cancelled = false;
    bool running = false;
  };

  const SubscriptionId id_;
  const Subscriber function_;
  // Guards state_. Never held while the function runs.
  typename Rt::mutex mutex_;
  typename Rt::condvar idle_;  // with mutex_: running became false
  typename Rt::template plain<State> state_;
};

}  // namespace kvtool
