// Measures the explorer on one core, for bench/explorer.ts. Prints one JSON object: what was measured, in the
// units that the names say. It judges nothing.
//
//   kvtool-explore-bench throughput|steering|failures|replays|proofs|gated NUMBER    seconds, seeds, or runs
//   kvtool-explore-bench clean EXECUTIONS [FIRST]      FIRST: number of each variant's first execution
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/explorer/explorer.h"
#include "core/explorer/shard.h"
#include "core/explorer/strategies.h"
#include "core/runtime/model_runtime.h"
#include "tools/explore/output.h"

namespace kvtool::explore {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of this thread's CPU: what else the machine does is not the explorer's.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Value>
Value median(std::vector<Value> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Subject {
  std::unique_ptr<Program> program;
  ExploreOptions options;
};

Subject subject(const char* id, const char* variant, const Parameters& given = {}) {
  const Scenario& scenario = catalog().at(id);
  Subject made{scenario.find(variant)->model(scenario.resolve(given)), {}};
  made.options.model = scenario.model;
  made.options.limits = scenario.limits;
  return made;
}

// A random walk, and nothing but: executions a second.
Json throughput_of(const char* name, Subject of, double seconds) {
  World world(of.options.model, of.options.limits);
  RandomWalk walk;
  std::uint64_t executions = 0, steps = 0;
  const double begin = cpu_seconds();
  do {
    for (unsigned i = 0; i < 1000; ++i, ++executions) {
      walk.reseed(split_mix(executions));
      world.run(*of.program, walk);
      steps += world.steps();
    }
  } while (cpu_seconds() - begin < seconds);
  const double took = cpu_seconds() - begin;
  return {{"name", name},
          {"executionsPerSecond", static_cast<double>(executions) / took},
          {"stepsPerSecond", static_cast<double>(steps) / took},
          {"stepsPerExecution", static_cast<double>(steps) / static_cast<double>(executions)}};
}

Json throughput(double seconds) {
  return {throughput_of("gil-hostfunc fixed", subject("gil-hostfunc", "fixed"), seconds),
          throughput_of("4-thread lock inversion, fixed",
                        subject("gil-driver-inversion", "fixed", {{"threads", 4}, {"calls", 12}}), seconds),
          throughput_of("peek-then-claim fixed", subject("peek-then-claim", "fixed"), seconds)};
}

// Executions until the first failure of AB-BA: by steering, by a walk that knows only how long each thread
// is, and by one that knows nothing.
Json steering_of(std::int64_t threads, std::int64_t padding, unsigned seeds) {
  const Parameters given{{"threads", threads}, {"padding", padding}};
  Subject steered = subject("abba", "buggy", given);
  steered.options.search = steered.options.minimise = false;
  std::vector<std::uint64_t> by_steering, uniform, random;
  World world;
  const Schedule none;
  Replay pilot(none);
  world.run(*steered.program, pilot);
  const Pilot lengths = Pilot::of(world);
  UniformWalk uniform_walk(lengths);
  RandomWalk random_walk;
  const auto until_deadlock = [&](Seeded& walk, std::uint64_t seed) {
    std::uint64_t executions = 0;
    do {
      walk.reseed(split_mix(seed << 32U | executions++));
    } while (world.run(*steered.program, walk) != Outcome::deadlock);
    return executions;
  };
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    steered.options.seed = seed;
    const Exploration result = explore(*steered.program, steered.options);
    by_steering.push_back(result.failure ? result.failure->executions : UINT64_MAX);
    uniform.push_back(until_deadlock(uniform_walk, seed));
    random.push_back(until_deadlock(random_walk, seed));
  }
  return {{"name", std::to_string(threads) + " threads, " + std::to_string(padding) + " steps before"},
          {"seeds", seeds},
          {"steeredMost", *std::max_element(by_steering.begin(), by_steering.end())},
          {"uniformMedian", median(uniform)},
          {"randomMedian", median(random)}};
}

Json steering(unsigned seeds) { return {steering_of(3, 50, seeds), steering_of(6, 10, seeds)}; }

template <class Each>
void for_each_failing(Each each) {
  for (const auto& [id, scenario] : catalog())
    for (const Variant& variant : scenario.variants)
      if (is_failure(variant.expected_in(scenario.model).outcome)) each(scenario, variant);
}

Json failures(unsigned seeds) {
  Json all = Json::array();
  for_each_failing([&](const Scenario& scenario, const Variant& variant) {
    Subject of = subject(scenario.id.c_str(), variant.name.c_str());
    of.options.minimise = false;
    of.options.search = false;
    std::vector<double> took;
    for (of.options.seed = 1; of.options.seed <= seeds; ++of.options.seed)
      if (const Exploration result = explore(*of.program, of.options); result.failure)
        took.push_back(result.failure->seconds * 1e3);
    all.push_back({{"name", scenario.id + " " + variant.name},
                   {"seeds", seeds},
                   {"found", took.size()},
                   {"medianMs", took.empty() ? -1 : median(took)},
                   {"mostMs", took.empty() ? -1 : *std::max_element(took.begin(), took.end())}});
  });
  return all;
}

// Replays of each variant's first failure, until there were as many as asked for.
Json replays(unsigned wanted) {
  struct Found {
    Subject of;
    Failure failure;
  };
  std::vector<Found> found;
  for_each_failing([&](const Scenario& scenario, const Variant& variant) {
    Subject of = subject(scenario.id.c_str(), variant.name.c_str());
    if (Exploration result = explore(*of.program, of.options); result.failure)
      found.push_back({std::move(of), std::move(*result.failure)});
  });
  std::uint64_t done = 0, reproduced = 0;
  while (done < wanted)
    for (Found& one : found) {
      World world(one.of.options.model, one.of.options.limits);
      const Replayed again = replay(*one.of.program, one.failure.schedule, world);
      ++done;
      if (again.outcome == one.failure.outcome && again.followed && world.message() == one.failure.message &&
          world.steps() == one.failure.steps)
        ++reproduced;
    }
  return {{"replays", done}, {"reproduced", reproduced}, {"failures", found.size()}};
}

// From the start to "proved", everything before the search included.
Json proof_of(const char* name, Subject of, unsigned repeats) {
  std::vector<double> took;
  std::string by;
  for (unsigned i = 0; i < repeats; ++i) {
    const double begin = cpu_seconds();
    const Exploration result = explore(*of.program, of.options);
    took.push_back((cpu_seconds() - begin) * 1e3);
    by = result.conclusion == Conclusion::proved ? result.explanation : "NOT PROVED: " + result.explanation;
  }
  return {{"name", name}, {"medianMs", median(took)}, {"by", by}};
}

// Threads that claim the same thing by a compare-and-exchange: the smallest protocol with a winner.
struct Claim {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 3;
  void run(unsigned) {
    int expected = 0;
    if (claimed.compare_exchange_strong(expected, 1)) winners.update([](int& count) { ++count; });
  }
  void finish() { ModelRuntime::check(winners.read() == 1, "one thread wins"); }
  ModelRuntime::atomic<int> claimed{0, "claimed"};
  ModelRuntime::plain<int> winners{0, "winners"};
};

Json proofs(unsigned repeats) {
  Subject ring = subject("ring", "minimal", {{"slots", 2}, {"readers", 2}, {"messages", 4}});
  ring.options.model = MemoryModel::tso;
  ring.options.seconds = 600;
  return {proof_of("claim, 3 threads", {std::make_unique<ProgramOf<Claim>>(), {}}, repeats),
          proof_of("GIL x driver, 3 threads x 5 calls", subject("gil-driver-inversion", "fixed"), repeats),
          proof_of("LRU, 3 blocks x 8 operations", subject("lru-pool", "fixed"), repeats),
          proof_of("ring, TSO, 2 readers, 2 slots, 4 laps", std::move(ring), repeats)};
}

// AB-BA under a gate: the lock orders say deadlock, the gate forbids it.
struct Gated {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    const std::lock_guard alone(gate);
    const std::lock_guard outer(actor == 0 ? a : b);
    const std::lock_guard inner(actor == 0 ? b : a);
  }
  ModelRuntime::mutex gate{"gate"}, a{"A"}, b{"B"};
};

Json gated(unsigned runs) {
  unsigned alarms = 0, predicted = 0, proved = 0;
  ProgramOf<Gated> program;
  ExploreOptions options;
  for (options.seed = 1; options.seed <= runs; ++options.seed) {
    const Exploration result = explore(program, options);
    if (result.failure) ++alarms;
    if (!result.predictions.empty()) ++predicted;
    if (result.conclusion == Conclusion::proved) ++proved;
  }
  return {{"alarms", alarms}, {"predicted", predicted}, {"proved", proved}};
}

// Random executions of every variant that is to be clean.
Json clean(std::uint64_t wanted, std::uint64_t first) {
  struct One {
    std::string name;
    Subject of;
  };
  std::vector<One> variants;
  for (const auto& [id, scenario] : catalog()) {
    for (const Variant& variant : scenario.variants)
      if (variant.expected_in(scenario.model).outcome == Outcome::ok)
        variants.push_back({id + " " + variant.name, subject(id.c_str(), variant.name.c_str())});
  }
  std::uint64_t executions = 0, steps = 0;
  Json alarms = Json::array();
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const std::uint64_t share = (wanted - executions) / (variants.size() - i);
    ExploreOptions options = variants[i].of.options;
    options.minimise = false;
    RandomShard shard(*variants[i].of.program, options);
    shard.run(first, share, false);
    executions += shard.executions();
    steps += shard.steps();
    for (const Finding& finding : shard.findings())
      alarms.push_back({{"name", variants[i].name}, {"message", finding.failure.message}});
  }
  return {{"variants", variants.size()},
          {"executions", executions},
          {"steps", steps},
          {"alarms", std::move(alarms)},
          {"seconds", seconds_since(begin)}};
}

// Nothing where it is no number.
std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  if (const auto parsed = std::from_chars(text.data(), end, number);
      parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return number;
}

int run(const std::vector<std::string>& arguments) {
  const auto usage = [] {
    std::fputs(
        "usage: kvtool-explore-bench throughput|steering|failures|replays|proofs|gated NUMBER\n"
        "       kvtool-explore-bench clean EXECUTIONS [FIRST]\n",
        stderr);
    return 2;
  };
  if (arguments.size() < 2) return usage();
  const std::optional<std::uint64_t> number = number_of(arguments[1]);
  const std::optional<std::uint64_t> first = number_of(arguments.size() > 2 ? arguments[2] : "0");
  if (!number || *number == 0 || !first) return usage();
  const auto small = static_cast<unsigned>(*number);
  const std::string& what = arguments[0];
  Json result;
  if (what == "throughput")
    result = throughput(static_cast<double>(*number));
  else if (what == "steering")
    result = steering(small);
  else if (what == "failures")
    result = failures(small);
  else if (what == "replays")
    result = replays(small);
  else if (what == "proofs")
    result = proofs(small);
  else if (what == "gated")
    result = gated(small);
  else if (what == "clean")
    result = clean(*number, *first);
  else
    return usage();
  print_line({{"what", what}, {"result", std::move(result)}});
  return 0;
}

}  // namespace
}  // namespace kvtool::explore

int main(int argc, char** argv) { return kvtool::explore::run({argv + 1, argv + argc}); }
