// Deadline: the moment after which a snapshot starts nothing new; it counts from its making.
#pragma once

#include <chrono>
#include <cstdint>

namespace kvtool::snapshot {

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds budget) : began_(Clock::now()), at_(began_ + budget) {}
  bool passed() const { return Clock::now() >= at_; }
  std::uint64_t elapsed_us() const {
    const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
    return static_cast<std::uint64_t>(elapsed.count());
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point began_;
  Clock::time_point at_;
};

}  // namespace kvtool::snapshot
