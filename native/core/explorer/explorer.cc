#include "core/explorer/explorer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/explorer/predict.h"
#include "core/explorer/search.h"
#include "core/explorer/shard.h"

namespace kvtool::explore {

std::string_view to_string(Conclusion conclusion) {
  switch (conclusion) {
    case Conclusion::proved:
      return "proved";
    case Conclusion::failed:
      return "failed";
    case Conclusion::not_found:
      return "not-found";
    case Conclusion::nondeterministic:
      return "nondeterministic";
    case Conclusion::bound:
      return "bound";
  }
  return "?";
}

namespace {

using Clock = std::chrono::steady_clock;

// The clock is asked every so many executions only: it costs as much as a short one.
constexpr std::uint64_t kClockEvery = 256;

class Exploring {
 public:
  Exploring(Program& program, const ExploreOptions& options)
      : program_(program), options_(options), begin_(Clock::now()) {}

  Exploration run() {
    World world(options_.model, options_.limits);
    if (!pilot(world)) return finish();
    // At once: most deadlocks are found by the second execution.
    if (options_.steer) begin_phase("predict and steer");
    if (options_.steer && !aim(world)) return finish();
    if (!deterministic(world)) return finish();
    if (options_.steer && !steer(world)) return finish();
    if (!portfolio(world)) return finish();
    if (options_.search) search();
    return finish();
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  // Counts an execution; false when it failed or when there is no time left.
  bool count(const World& world, const std::string& strategy) {
    ++phase_->executions;
    ++result_.executions;
    result_.steps += world.steps();
    result_.longest = std::max(result_.longest, world.steps());
    result_.timeouts_bounded |= world.timeouts_exhausted();
    if (world.outcome() == Outcome::bound) ++unended_;
    if (is_failure(world.outcome())) {
      fail(world, strategy);
      return false;
    }
    return result_.executions % kClockEvery != 0 || in_time();
  }

  bool in_time() {
    const double now = seconds();
    phase_->seconds = now - phase_begin_;
    if (now > options_.seconds) {
      out_of_time_ = true;
      return false;
    }
    if (options_.progress && now - last_progress_ > 0.1) {
      last_progress_ = now;
      if (!options_.progress(*phase_)) {
        stopped_ = true;
        return false;
      }
    }
    return true;
  }

  void begin_phase(std::string name) {
    end_phase();
    phase_begin_ = seconds();
    phase_ = &result_.phases.emplace_back();
    phase_->name = std::move(name);
  }
  void end_phase() {
    if (phase_ != nullptr) phase_->seconds = seconds() - phase_begin_;
  }

  void fail(const World& world, const std::string& strategy) {
    Failure failure;
    failure.outcome = world.outcome();
    failure.message = world.message();
    failure.found = failure.schedule = Schedule::of(world);
    failure.steps = world.steps();
    failure.found_by = strategy.empty() ? phase_->name : phase_->name + ": " + strategy;
    failure.executions = result_.executions;
    failure.seconds = seconds();
    result_.failure = std::move(failure);
  }

  bool pilot(World& world) {
    begin_phase("pilot");
    Schedule none;
    Replay first(none);
    Observer observer(first);
    world.run(program_, observer);
    result_.actors = world.actor_count();
    result_.objects = world.object_count();
    for (unsigned i = 0; i < world.steps(); ++i)
      pilot_steps_.emplace_back(world.agent_of(i), world.operation_of(i));
    const Outcome outcome = world.outcome();
    if (!count(world, "")) return false;
    if (outcome == Outcome::bound) {
      result_.conclusion = Conclusion::bound;
      result_.explanation = "the program did not end within " + std::to_string(options_.limits.steps) +
                            " steps; the last were of " + last_agents(world);
      return false;
    }
    pilot_ = Pilot::of(world);
    cycles_ = observer.cycles(world, kMostCycles);
    phase_->note = std::to_string(world.steps()) + " steps, " + std::to_string(cycles_.size()) +
                   (cycles_.size() == 1 ? " predicted cycle" : " predicted cycles");
    return true;
  }

  // Once more, step by step the same: otherwise no replay and no search means anything.
  bool deterministic(World& world) {
    Schedule none;
    Replay again(none);
    world.run(program_, again);
    ++result_.executions;
    ++phase_->executions;
    const auto differs = [&](unsigned i) {
      if (i >= pilot_steps_.size() || i >= world.steps()) return pilot_steps_.size() != world.steps();
      const auto& [agent, operation] = pilot_steps_[i];
      const Operation& now = world.operation_of(i);
      return agent != world.agent_of(i) || operation.kind != now.kind || operation.object != now.object;
    };
    for (unsigned i = 0; i <= world.steps(); ++i)
      if (differs(i)) {
        result_.conclusion = Conclusion::nondeterministic;
        result_.explanation = "run twice with the same choices, the program differs at step " +
                              std::to_string(i + 1) + ": " + describe(world, pilot_steps_, i) +
                              "; it depends on time, addresses, randomness or what an earlier execution left";
        return false;
      }
    return true;
  }

  static std::string describe(const World& world, const std::vector<std::pair<AgentId, Operation>>& before,
                              unsigned i) {
    const auto step = [&](AgentId agent, const Operation& operation) {
      return world.agent_name(agent) + ": " + std::string(to_string(operation.kind)) + " " +
             (operation.object < world.object_count() ? world.object_name(operation.object) : "");
    };
    const std::string then = i < before.size() ? step(before[i].first, before[i].second) : "the end";
    const std::string now = i < world.steps() ? step(world.agent_of(i), world.operation_of(i)) : "the end";
    return "first " + then + ", then " + now;
  }

  static std::string last_agents(const World& world) {
    AgentSet last = 0;
    for (unsigned i = world.steps() > 100 ? world.steps() - 100 : 0; i < world.steps(); ++i)
      last |= bit(world.agent_of(i));
    std::string names;
    for (; last != 0; last &= last - 1) names += (names.empty() ? "" : ", ") + world.agent_name(lowest(last));
    return names;
  }

  bool steer(World& world) {
    // What one execution does not show, a few random ones may: rare branches hold other locks.
    RandomWalk walk;
    Observer observer(walk);
    for (std::uint64_t i = 0; i < kObserved; ++i) {
      walk.reseed(split_mix(options_.seed + i));
      world.run(program_, observer);
      if (!count(world, "observed random walk")) return false;
      if (i + 1 == kObserved) {
        cycles_ = observer.cycles(world, kMostCycles);
        if (!aim(world)) return false;
      }
    }
    phase_->note = std::to_string(cycles_.size()) + " predicted";
    return true;
  }

  bool aim(World& world) {
    Steer steer;
    std::uint64_t attempt = 0;
    for (const PredictedCycle& cycle : cycles_) {
      const auto known = std::find_if(result_.predictions.begin(), result_.predictions.end(),
                                      [&](const Prediction& p) { return p.text == cycle.text; });
      if (known != result_.predictions.end()) continue;
      Prediction& prediction = result_.predictions.emplace_back();
      prediction.text = cycle.text;
      prediction.reason = !cycle.obstacle.empty() ? cycle.obstacle : "no steered execution reached it";
      // Every participant first, several times: what has to happen before the first one can start is random.
      const std::size_t turns = cycle.edges.size() * (cycle.obstacle.empty() ? 8 : 1);
      for (std::size_t turn = 0; turn < turns; ++turn) {
        steer.aim(cycle, static_cast<unsigned>(turn % cycle.edges.size()));
        steer.reseed(split_mix(options_.seed + ++attempt));
        world.run(program_, steer);
        if (!count(world, "steered")) {
          if (result_.failure && result_.failure->outcome == Outcome::deadlock) {
            prediction.status = Prediction::Status::confirmed;
            prediction.reason.clear();
          }
          return false;
        }
      }
    }
    return true;
  }

  bool portfolio(World& world) {
    begin_phase("random portfolio");
    UniformWalk uniform(pilot_);
    RandomWalk random;
    Pct pct(pilot_, 3);
    Pos pos;
    Surw surw(pilot_);
    // Of twenty executions: 8 uniform, 4 random, 3 PCT, 3 POS, 2 SURW.
    struct Share {
      Seeded* strategy;
      const char* name;
    };
    const Share shares[] = {{&uniform, "uniform walk"},
                            {&random, "random walk"},
                            {&pct, "PCT-3"},
                            {&uniform, "uniform walk"},
                            {&pos, "POS"},
                            {&surw, "SURW"},
                            {&uniform, "uniform walk"},
                            {&random, "random walk"},
                            {&uniform, "uniform walk"},
                            {&pct, "PCT-3"},
                            {&uniform, "uniform walk"},
                            {&pos, "POS"},
                            {&random, "random walk"},
                            {&uniform, "uniform walk"},
                            {&surw, "SURW"},
                            {&uniform, "uniform walk"},
                            {&pct, "PCT-3"},
                            {&random, "random walk"},
                            {&uniform, "uniform walk"},
                            {&pos, "POS"}};
    // The fewer steps, the fewer schedules there are to try.
    const std::uint64_t few =
        std::clamp<std::uint64_t>(std::uint64_t{pilot_.length} * pilot_.length, 1, kFewRandom);
    for (std::uint64_t i = 0; i < options_.random_executions; ++i) {
      const Share& share = shares[i % std::size(shares)];
      share.strategy->reseed(split_mix(options_.seed + i));
      world.run(program_, *share.strategy);
      if (!count(world, share.name)) return false;
      // A small space is done sooner by the search.
      if (options_.search && i + 1 == few && quick_search()) return false;
    }
    return true;
  }

  // Before thousands of random executions: is the whole space as small as that?
  bool quick_search() {
    const std::uint64_t executions = result_.executions;
    Phase* const portfolio = phase_;
    const std::size_t index = static_cast<std::size_t>(portfolio - result_.phases.data());
    const double begin = phase_begin_;
    end_phase();
    searched_ = search_for(std::min(kQuickSearch, options_.exhaustive_executions));
    if (searched_ || result_.failure) return true;
    // Not small: the phase of the portfolio goes on.
    result_.phases.pop_back();
    result_.executions = executions;
    phase_ = &result_.phases[index];
    phase_begin_ = begin;
    return out_of_time_ || stopped_;
  }

  void search() {
    if (!searched_) searched_ = search_for(options_.exhaustive_executions);
  }

  // Both searches in turns; true when one of them has seen everything.
  bool search_for(std::uint64_t executions) {
    struct Candidate {
      std::string name;
      std::unique_ptr<World> world;
      std::unique_ptr<Search> search;
      std::uint64_t executions = 0;
      bool bounded = false;
    };
    begin_phase("exhaustive search");
    std::vector<Candidate> candidates;
    const auto add = [&](const char* name, std::unique_ptr<Search> search, bool hashed) {
      Candidate candidate;
      candidate.name = name;
      candidate.world = std::make_unique<World>(options_.model, options_.limits);
      candidate.world->set_hashed(hashed);
      candidate.search = std::move(search);
      candidates.push_back(std::move(candidate));
    };
    add("cached search", std::make_unique<CachedSearch>(), true);
    // The partial-order search knows no stale copies and no late loads, and no accesses that race on purpose.
    if (options_.model != MemoryModel::arm && !program_.races_are_allowed())
      add("DPOR", std::make_unique<DporSearch>(), false);
    std::uint64_t done = 0;
    while (done < executions) {
      for (Candidate& candidate : candidates) {
        if (candidate.search == nullptr) continue;
        for (std::uint64_t i = 0; i < kSlice && done < executions; ++i) {
          World& world = *candidate.world;
          world.run(program_, *candidate.search);
          ++done;
          ++candidate.executions;
          candidate.bounded |= world.outcome() == Outcome::bound;
          const bool go_on = count(world, candidate.name);
          result_.states = std::max(result_.states, candidate.search->states());
          if (result_.failure) return false;
          const bool more = candidate.search->next(world);
          if (!candidate.search->applies()) {
            candidate.search.reset();
            break;
          }
          if (!more) {
            if (candidate.bounded) {
              candidate.search.reset();  // the space was cut off: this one proves nothing
              break;
            }
            result_.proved_by = candidate.name;
            result_.states = candidate.search->states();
            proved_executions_ = candidate.executions;
            phase_->note = candidate.name + " complete: " + std::to_string(candidate.executions) +
                           " executions" +
                           (result_.states > 0 ? ", " + std::to_string(result_.states) + " states" : "");
            return true;
          }
          if (!go_on) return false;
        }
        if (candidate.search != nullptr && candidate.search->bytes() > options_.search_bytes)
          candidate.search.reset();
      }
      if (std::all_of(candidates.begin(), candidates.end(), [](const Candidate& c) { return !c.search; })) {
        phase_->note = "given up: executions beyond the limit of steps, or out of memory";
        return false;
      }
    }
    phase_->note = "not complete after " + std::to_string(done) + " executions";
    return false;
  }

  Exploration finish() {
    end_phase();
    if (result_.failure) {
      result_.conclusion = Conclusion::failed;
      if (options_.minimise) {
        begin_phase("minimise");
        Failure& failure = *result_.failure;
        failure.schedule = kvtool::explore::minimise(program_, failure.found, failure.outcome,
                                                     failure.message, options_.model, options_.limits);
        World world(options_.model, options_.limits);
        replay(program_, failure.schedule, world);
        failure.steps = world.steps();
        phase_->note = std::to_string(failure.found.points.size()) + " switches to " +
                       std::to_string(failure.schedule.points.size());
        end_phase();
      }
    } else if (searched_) {
      result_.conclusion = Conclusion::proved;
      for (Prediction& prediction : result_.predictions)
        if (prediction.status == Prediction::Status::potential) {
          prediction.status = Prediction::Status::impossible;
          if (prediction.reason == "no steered execution reached it")
            prediction.reason = "no execution of the whole space has it";
        }
      result_.explanation =
          result_.proved_by + ": " + std::to_string(proved_executions_) + " executions" +
          (result_.states > 0 ? ", " + std::to_string(result_.states) + " states" : "") + ", memory model " +
          std::string(to_string(options_.model)) + ", " + std::to_string(result_.actors) + " actors" +
          (result_.timeouts_bounded
               ? ", at most " + std::to_string(options_.limits.timeouts) + " timeouts for each actor"
               : "");
    } else if (result_.explanation.empty()) {
      const bool all_cut = unended_ > 0 && unended_ * 2 > result_.executions;
      result_.conclusion = all_cut ? Conclusion::bound : Conclusion::not_found;
      result_.explanation =
          all_cut ? std::to_string(unended_) + " of " + std::to_string(result_.executions) +
                        " executions did not end within " + std::to_string(options_.limits.steps) + " steps"
                  : "explored " + std::to_string(result_.executions) + " executions" +
                        (stopped_       ? ", stopped"
                         : out_of_time_ ? ", out of time"
                                        : "") +
                        (unended_ > 0 ? ", " + std::to_string(unended_) + " of them cut off at " +
                                            std::to_string(options_.limits.steps) + " steps"
                                      : "");
    }
    result_.seconds = seconds();
    return std::move(result_);
  }

  static constexpr std::size_t kMostCycles = 64;
  static constexpr std::uint64_t kObserved = 20;
  static constexpr std::uint64_t kFewRandom = 200;
  static constexpr std::uint64_t kQuickSearch = 20'000;
  static constexpr std::uint64_t kSlice = 500;

  Program& program_;
  const ExploreOptions& options_;
  const Clock::time_point begin_;
  Exploration result_;
  Phase* phase_ = nullptr;
  double phase_begin_ = 0, last_progress_ = 0;
  Pilot pilot_;
  std::vector<PredictedCycle> cycles_;
  std::vector<std::pair<AgentId, Operation>> pilot_steps_;
  std::uint64_t unended_ = 0, proved_executions_ = 0;
  bool out_of_time_ = false, stopped_ = false, searched_ = false;
};

}  // namespace

Exploration explore(Program& program, const ExploreOptions& options) {
  return Exploring(program, options).run();
}

RandomResult random_executions(Program& program, const ExploreOptions& options, std::uint64_t first,
                               std::uint64_t executions) {
  const auto begin = Clock::now();
  RandomShard shard(program, options);
  shard.run(first, executions, true);
  RandomResult result{.executions = shard.executions(), .steps = shard.steps(), .failure = {}};
  if (shard.findings().empty()) return result;
  const Finding& finding = shard.findings().front();
  result.failure = finding.failure;
  result.failure->seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.failing_index = finding.first;
  return result;
}

Replayed replay(Program& program, const Schedule& schedule, World& world) {
  Replay strategy(schedule);
  world.set_agent_keys(schedule.agents);
  world.set_unlock_steps(schedule.unlock_steps);
  const Outcome outcome = world.run(program, strategy);
  return {outcome, strategy.followed()};
}

}  // namespace kvtool::explore
