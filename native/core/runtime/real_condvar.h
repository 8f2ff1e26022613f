// RealCondvar: std::condition_variable with deadlines on the policy's clock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace kvtool {

class RealCondvar {
 public:
  void notify_one() noexcept { inner_.notify_one(); }
  void notify_all() noexcept { inner_.notify_all(); }

  // Both may return early for no reason, as always: callers loop on their condition.
  void wait(std::unique_lock<std::mutex>& lock) { inner_.wait(lock); }
  // False when `deadline_ns` (RealClock::monotonic_ns) passed. libstdc++'s steady_clock is that same clock.
  bool wait_until(std::unique_lock<std::mutex>& lock, std::uint64_t deadline_ns) {
    const std::chrono::nanoseconds since_boot(static_cast<std::int64_t>(deadline_ns));
    const auto when = std::chrono::steady_clock::time_point(since_boot);
    return inner_.wait_until(lock, when) == std::cv_status::no_timeout;
  }

 private:
  std::condition_variable inner_;
};

}  // namespace kvtool
