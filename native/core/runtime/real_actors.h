// run_for_real(): the actors of a program on real threads, round after round, in a child process that is
// killed when it stops making progress. What the model shows in microseconds is thereby shown to be a
// property of the code, and not of the model.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/explorer/program.h"

namespace kvtool {

struct RealRunOptions {
  std::uint64_t rounds = 10'000;
  // No new round begins after so long; 0: no limit.
  std::chrono::milliseconds longest{0};
  // Round number n (from 0) has the delays of round_seed(seed, n).
  std::uint64_t seed = 1;
  // Without the end of a round for so long the child counts as hung, unless it does not get the processor.
  std::chrono::milliseconds hung_after{2000};
  bool stop_at_first = true;  // ends with the round in which an invariant broke
  // Called about twenty times a second with the number of rounds that ended.
  std::function<void(std::uint64_t)> progress = {};
};

// So that a run that begins with it begins with that very round. 31 bits, as every seed that a user is told.
constexpr std::uint64_t round_seed(std::uint64_t seed, std::uint64_t round) {
  return (seed + round) & 0x7fffffffU;
}

struct RealRunResult {
  enum class End : std::uint8_t {
    done,     // every round ended
    broken,   // an invariant did not hold; `broken` says which
    hung,     // no round ended in time
    crashed,  // the child died; `broken` says of what
  };
  End end = End::done;
  std::uint64_t rounds = 0;         // that ended
  std::vector<std::string> broken;  // of a round that hung, too
};

// `make` is called in the child. The calling process must have no other threads: the child goes on as a copy
// of it. Throws std::system_error when no child can be made.
RealRunResult run_for_real(const std::function<std::unique_ptr<explore::Program>()>& make,
                           const RealRunOptions& options);

}  // namespace kvtool
