// explore(): everything that kvtool does to find out whether a program can fail, in this order: a pilot
// execution; predict and steer; a portfolio of random strategies; the exhaustive searches. What it reports
// has happened, and can be replayed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/explorer/strategies.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

struct Phase {
  std::string name;  // "pilot", "predict and steer", "random portfolio", "cached search", "DPOR"
  std::uint64_t executions = 0;
  double seconds = 0;
  std::string note;
};

struct ExploreOptions {
  MemoryModel model = MemoryModel::sc;
  Limits limits = {};
  std::uint64_t seed = 1;
  std::uint64_t random_executions = 20'000;         // of the portfolio
  std::uint64_t exhaustive_executions = 5'000'000;  // of both searches together
  double seconds = 60;                              // for all of it
  std::size_t search_bytes = std::size_t{2} << 30U;
  bool steer = true;
  bool search = true;
  bool minimise = true;
  // Called between executions, about ten times a second; returns false to stop early.
  std::function<bool(const Phase&)> progress;
};

struct Failure {
  Outcome outcome = Outcome::ok;
  std::string message;           // the invariant, or what was raced
  Schedule schedule;             // minimised, if that was asked for
  Schedule found;                // as it was met
  unsigned steps = 0;            // of `schedule`
  std::string found_by;          // a phase and a strategy
  std::uint64_t executions = 0;  // until then, this one included
  double seconds = 0;
};

struct Prediction {
  enum class Status : std::uint8_t {
    confirmed,   // the steered execution deadlocked
    impossible,  // the whole space has no deadlock
    potential,   // neither
  };
  std::string text;
  Status status = Status::potential;
  std::string reason;  // why it stays potential, or what forbids it
};

enum class Conclusion : std::uint8_t {
  proved,  // the whole space was explored, and no execution fails
  failed,
  not_found,         // nothing failed in what was explored
  nondeterministic,  // the same choices gave another execution
  bound,             // executions did not end within the limit of steps
};
std::string_view to_string(Conclusion conclusion);

struct Exploration {
  Conclusion conclusion = Conclusion::not_found;
  std::optional<Failure> failure;
  std::vector<Prediction> predictions;
  std::vector<Phase> phases;
  std::uint64_t executions = 0, steps = 0, states = 0;
  std::string proved_by;    // which search was done first
  std::string explanation;  // one sentence: sizes, bounds, or what differed
  bool timeouts_bounded = false;
  unsigned actors = 0, objects = 0;
  unsigned longest = 0;  // steps of the longest execution
  double seconds = 0;
};

// Throws ModelLimit when the program does not fit the model. Exceptions of Program::reset come through.
Exploration explore(Program& program, const ExploreOptions& options);

// Random executions only, from split_mix(seed + first) on: what `stress --on model` shards. Stops at the
// first failure.
struct RandomResult {
  std::uint64_t executions = 0, steps = 0;
  std::optional<Failure> failure;
  std::uint64_t failing_index = 0;  // the execution's number, counted from `first`
};
RandomResult random_executions(Program& program, const ExploreOptions& options, std::uint64_t first,
                               std::uint64_t executions);

// Runs `schedule` once, with values and source locations kept in `world`. `followed`: every switch point was
// met as it stands.
struct Replayed {
  Outcome outcome;
  bool followed;
};
Replayed replay(Program& program, const Schedule& schedule, World& world);

// The same failure with as few switches as can be had by leaving some out.
Schedule minimise(Program& program, const Schedule& schedule, Outcome outcome, const std::string& message,
                  MemoryModel model, const Limits& limits);

}  // namespace kvtool::explore
