// RandomShard: very many random executions of a program, cut into ranges that different machines can run. The
// execution with a number is the same wherever it runs: its strategy and seed follow from its number and the
// root seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/explorer/explorer.h"

namespace kvtool::explore {

// One way in which executions fail: equal when outcome and message are.
struct Finding {
  Failure failure;          // of the first one; minimised, if the options want that
  std::uint64_t first = 0;  // its number
  std::uint64_t count = 0;  // executions that failed so
};

class RandomShard {
 public:
  // Both must outlive this. Runs a pilot execution, which some strategies need.
  RandomShard(Program& program, const ExploreOptions& options);

  // Runs the executions [first, first + executions). Returns early, after the one that failed, where
  // `stop_at_failure`; true when all were run.
  bool run(std::uint64_t first, std::uint64_t executions, bool stop_at_failure);

  std::uint64_t executions() const { return executions_; }
  std::uint64_t steps() const { return steps_; }
  std::uint64_t unended() const { return unended_; }  // reached the limit of steps
  const std::vector<Finding>& findings() const { return findings_; }

  // Beyond so many different findings, new ones are only counted: messages that differ every time are one
  // bug.
  static constexpr std::size_t kMostFindings = 100;
  std::uint64_t not_kept() const { return not_kept_; }

 private:
  void note(std::uint64_t number);

  Program& program_;
  const ExploreOptions& options_;
  World world_;
  Pilot pilot_;
  std::vector<World::AgentKey> agents_;  // that the pilot met
  RandomWalk random_;
  UniformWalk uniform_;
  Pos pos_;
  std::uint64_t executions_ = 0, steps_ = 0, unended_ = 0, not_kept_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace kvtool::explore
