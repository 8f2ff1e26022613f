// What kvtool-explore tells while it works, and when its program never comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/explore/output.h"
#include "tools/explore/watchdog.h"

namespace kvtool::explore {

// Lines of kind "progress", at most four a second.
class ProgressLines {
 public:
  // `subject` has scenario and variant.
  explicit ProgressLines(const Json& subject);
  void show(const std::string& phase, std::uint64_t executions);

 private:
  const Json& subject_;
  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point last_;
};

// While it lives: a program that computes for 5 s without an operation ends this process, with `subject` and
// what happened as the result.
class StuckReport {
 public:
  explicit StuckReport(const Json& subject);

 private:
  const Json subject_;
  const Watchdog watchdog_;
};

}  // namespace kvtool::explore
