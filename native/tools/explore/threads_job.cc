#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/runtime/real_actors.h"
#include "tools/explore/jobs.h"
#include "tools/explore/progress.h"

namespace kvtool::explore {
namespace {

const char* to_text(RealRunResult::End end) {
  switch (end) {
    case RealRunResult::End::done:
      return "done";
    case RealRunResult::End::broken:
      return "broken";
    case RealRunResult::End::hung:
      return "hung";
    case RealRunResult::End::crashed:
      return "crashed";
  }
  return "?";
}

RealRunOptions options_of(const Arguments& arguments) {
  RealRunOptions options;
  options.rounds = arguments.rounds == 0 ? std::numeric_limits<std::uint64_t>::max() : arguments.rounds;
  options.longest = std::chrono::milliseconds(
      std::max<std::int64_t>(1, static_cast<std::int64_t>(arguments.seconds * 1000)));
  options.seed = arguments.seed;
  options.hung_after = std::chrono::milliseconds(arguments.hung_after_ms);
  return options;
}

void check(const Arguments& arguments, const Scenario& scenario, const Variant& variant) {
  if (!arguments.model.empty() || !arguments.limits.empty())
    throw std::invalid_argument("found --model or --limit with real threads, which have this machine's");
  if (!variant.real)
    throw std::invalid_argument("variant " + variant.name + " of " + scenario.id +
                                " runs in the model only; stress it with --on model");
}

}  // namespace

int threads_job(const Arguments& arguments) {
  const Scenario& scenario = scenario_of(arguments.scenario);
  if (arguments.variants.size() != 1) throw std::invalid_argument("expected one --variant");
  const Variant& variant = *variants_of(scenario, arguments.variants)[0];
  check(arguments, scenario, variant);
  const Parameters parameters = scenario.resolve(arguments.parameters);
  const Expectation& expected = variant.expected_in(scenario.model);
  Json line{{"kind", "result"},
            {"scenario", scenario.id},
            {"family", scenario.family},
            {"variant", variant.name},
            {"summary", variant.what},
            {"parameters", to_json(parameters)},
            {"seed", arguments.seed},
            {"expected", {{"outcome", to_string(expected.outcome)}, {"message", expected.message}}},
            {"mayNotShow", variant.real_may_not_show}};
  ProgressLines progress(line);
  RealRunOptions options = options_of(arguments);
  options.progress = [&](std::uint64_t rounds) { progress.show("rounds on real threads", rounds); };
  const auto begin = std::chrono::steady_clock::now();
  const RealRunResult result = run_for_real([&] { return variant.real(parameters); }, options);
  line["end"] = to_text(result.end);
  line["rounds"] = result.rounds;
  line["broken"] = result.broken;
  if (result.end != RealRunResult::End::done) {
    // A round that broke an invariant has ended; one that hung, died or threw has not.
    const bool ended = result.end == RealRunResult::End::broken && result.rounds > 0 &&
                       !result.broken.front().starts_with("exception: ");
    line["failingSeed"] = round_seed(arguments.seed, result.rounds - (ended ? 1 : 0));
  }
  line["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  print_line(line);
  return 0;
}

}  // namespace kvtool::explore
