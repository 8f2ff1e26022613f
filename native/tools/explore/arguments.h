// What kvtool-explore was asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"

namespace kvtool::explore {

struct Arguments {
  enum class Job : std::uint8_t { help, list, explore, replay, random, threads };
  Job job = Job::help;
  std::string scenario;               // of all but replay
  std::vector<std::string> variants;  // empty: all of the scenario
  std::string schedule;               // of replay: the line
  std::string model;                  // empty: the scenario's own
  Parameters parameters;              // given ones
  std::vector<std::pair<std::string, std::int64_t>> limits;
  std::uint64_t seed = 1;
  double seconds = 60;  // for each variant
  std::uint64_t random_executions = 20'000;
  std::uint64_t exhaustive_executions = 5'000'000;
  std::uint64_t first = 0, executions = 0;  // of random; 0 executions: until the time is over
  std::uint64_t rounds = 10'000;            // of threads; 0: until the time is over
  std::uint64_t hung_after_ms = 2000;       // of threads: without the end of a round
  std::uint64_t memory_megabytes = 4096;
};

// Throws std::invalid_argument, in the words of found and expected.
Arguments parse_arguments(int count, const char* const* words);

extern const char* const kHelp;

// The scenario of the catalogue, and its variants as asked for. Throw std::invalid_argument with the names
// there are.
const Scenario& scenario_of(const std::string& id);
std::vector<const Variant*> variants_of(const Scenario& scenario, const std::vector<std::string>& names);
// Model, limits, seed and bounds for that scenario. Throws std::invalid_argument.
ExploreOptions options_of(const Arguments& arguments, const Scenario& scenario);

}  // namespace kvtool::explore
