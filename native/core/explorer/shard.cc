#include "core/explorer/shard.h"

#include <algorithm>
#include <array>

namespace kvtool::explore {

RandomShard::RandomShard(Program& program, const ExploreOptions& options)
    : program_(program), options_(options), world_(options.model, options.limits), uniform_(pilot_) {
  random_.reseed(split_mix(options.seed));
  world_.run(program, random_);
  pilot_ = Pilot::of(world_);
  agents_ = world_.agent_keys();
}

bool RandomShard::run(std::uint64_t first, std::uint64_t executions, bool stop_at_failure) {
  const std::array<Seeded*, 4> strategies{&uniform_, &random_, &uniform_, &pos_};
  for (std::uint64_t number = first; number < first + executions; ++number) {
    Seeded& strategy = *strategies[number % strategies.size()];
    strategy.reseed(split_mix(options_.seed + number));
    // What executions before this one met of the memory model must not number its agents.
    if (options_.model != MemoryModel::sc) world_.set_agent_keys(agents_);
    world_.run(program_, strategy);
    ++executions_;
    steps_ += world_.steps();
    if (world_.outcome() == Outcome::bound) ++unended_;
    if (!is_failure(world_.outcome())) continue;
    note(number);
    if (stop_at_failure) return number + 1 == first + executions;
  }
  return true;
}

void RandomShard::note(std::uint64_t number) {
  const auto known = std::find_if(findings_.begin(), findings_.end(), [&](const Finding& finding) {
    return finding.failure.outcome == world_.outcome() && finding.failure.message == world_.message();
  });
  if (known != findings_.end()) {
    ++known->count;
    return;
  }
  if (findings_.size() >= kMostFindings) {
    ++not_kept_;
    return;
  }
  Finding& finding = findings_.emplace_back();
  finding.first = number;
  finding.count = 1;
  Failure& failure = finding.failure;
  failure.outcome = world_.outcome();
  failure.message = world_.message();
  failure.found = Schedule::of(world_);
  failure.found_by = "random";
  failure.executions = executions_;
  failure.schedule = options_.minimise ? minimise(program_, failure.found, failure.outcome, failure.message,
                                                  options_.model, options_.limits)
                                       : failure.found;
  World again(options_.model, options_.limits);
  replay(program_, failure.schedule, again);
  failure.steps = again.steps();
}

}  // namespace kvtool::explore
