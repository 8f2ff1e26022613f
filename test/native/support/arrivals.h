// Arrivals: a test waits until something has happened n times. The limit only ends tests that have failed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace kvtool {

inline constexpr std::chrono::seconds kTestLimit{20};

class Arrivals {
 public:
  void arrive() {
    // Notified with the lock held: whoever awaited this may destroy the object as soon as it has the lock.
    const std::lock_guard guard(mutex_);
    count_++;
    changed_.notify_all();
  }

  // False when fewer than `count` arrived in time.
  [[nodiscard]] bool await(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTestLimit, [&] { return count_ >= count; });
  }

  std::size_t count() const {
    const std::lock_guard guard(mutex_);
    return count_;
  }

 private:
  mutable std::mutex mutex_;  // guards count_
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

}  // namespace kvtool
