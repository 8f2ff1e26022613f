// Deadline: the moment after which a snapshot starts nothing new.
#pragma once

#include <chrono>

namespace kvtool::snapshot {

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds budget) : at_(std::chrono::steady_clock::now() + budget) {}
  bool passed() const { return std::chrono::steady_clock::now() >= at_; }

 private:
  std::chrono::steady_clock::time_point at_;
};

}  // namespace kvtool::snapshot
