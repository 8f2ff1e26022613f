#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "core/explorer/schedule.h"
#include "core/explorer/shard.h"
#include "tools/explore/jobs.h"
#include "tools/explore/progress.h"

namespace kvtool::explore {

int random_job(const Arguments& arguments) {
  const Scenario& scenario = scenario_of(arguments.scenario);
  if (arguments.variants.size() != 1) throw std::invalid_argument("expected one --variant");
  const Variant& variant = *variants_of(scenario, arguments.variants)[0];
  const ExploreOptions options = options_of(arguments, scenario);
  const Parameters parameters = scenario.resolve(arguments.parameters);
  const Expectation& expected = variant.expected_in(options.model);
  const Json subject{{"kind", "result"},
                     {"scenario", scenario.id},
                     {"family", scenario.family},
                     {"variant", variant.name},
                     {"summary", variant.what},
                     {"model", to_string(options.model)},
                     {"parameters", to_json(parameters)},
                     {"limits", to_json(options.limits)},
                     {"seed", options.seed},
                     {"first", arguments.first},
                     {"expected", {{"outcome", to_string(expected.outcome)}, {"message", expected.message}}}};
  ProgressLines progress(subject);
  const StuckReport stuck(subject);
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto program = variant.model(parameters);
  RandomShard shard(*program, options);
  // Between two looks at the clock: small enough for executions of thousands of steps.
  constexpr std::uint64_t kSlice = 200;
  bool in_time = true;
  while (in_time && (arguments.executions == 0 || shard.executions() < arguments.executions)) {
    const std::uint64_t left = arguments.executions == 0 ? kSlice : arguments.executions - shard.executions();
    shard.run(arguments.first + shard.executions(), std::min(kSlice, left), false);
    progress.show("random executions", shard.executions());
    in_time = seconds() < options.seconds;
  }
  Json line = subject;
  Json findings = Json::array();
  for (const Finding& finding : shard.findings())
    findings.push_back({{"outcome", to_string(finding.failure.outcome)},
                        {"message", finding.failure.message},
                        {"count", finding.count},
                        {"first", finding.first},
                        {"steps", finding.failure.steps},
                        {"schedule", to_text(scenario, {.scenario = scenario.id,
                                                        .variant = variant.name,
                                                        .model = options.model,
                                                        .parameters = parameters,
                                                        .limits = options.limits,
                                                        .schedule = finding.failure.schedule})}});
  line["conclusion"] = shard.findings().empty() ? "not-found" : "failed";
  line["complete"] = arguments.executions == 0 || shard.executions() == arguments.executions;
  line["executions"] = shard.executions();
  line["steps"] = shard.steps();
  line["unended"] = shard.unended();
  line["findingsNotKept"] = shard.not_kept();
  line["seconds"] = seconds();
  line["findings"] = std::move(findings);
  print_line(line);
  return 0;
}

}  // namespace kvtool::explore
