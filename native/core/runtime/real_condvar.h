// RealCondvar: std::condition_variable with deadlines on the policy's clock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace kvtool {

class RealCondvar {
 public:
  RealCondvar() = default;
  explicit RealCondvar(std::string_view /*name*/) {}
  void notify_one() noexcept { inner_.notify_one(); }
  void notify_all() noexcept { inner_.notify_all(); }

  // All may return early for no reason, as always: callers loop on their condition. Lock: a std::unique_lock
  // of std::mutex or of a type derived from it.
  template <class Lock>
  void wait(Lock& lock) {
    Adopted adopted(*lock.mutex());
    inner_.wait(adopted.lock);
  }
  template <class Lock, class Ready>
  void wait(Lock& lock, Ready ready) {
    while (!ready()) wait(lock);
  }
  // False when `deadline_ns` (RealClock::monotonic_ns) passed. libstdc++'s steady_clock is that same clock.
  template <class Lock>
  bool wait_until(Lock& lock, std::uint64_t deadline_ns) {
    const std::chrono::nanoseconds since_boot(static_cast<std::int64_t>(deadline_ns));
    const auto when = std::chrono::steady_clock::time_point(since_boot);
    Adopted adopted(*lock.mutex());
    return inner_.wait_until(adopted.lock, when) == std::cv_status::no_timeout;
  }

 private:
  // The caller's lock as std::condition_variable wants it; the caller keeps it.
  struct Adopted {
    explicit Adopted(std::mutex& mutex) : lock(mutex, std::adopt_lock) {}
    Adopted(const Adopted&) = delete;
    Adopted& operator=(const Adopted&) = delete;
    ~Adopted() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable inner_;
};

}  // namespace kvtool
