#include <algorithm>
#include <new>
#include <string>

#include "core/explorer/schedule.h"
#include "tools/explore/comparison.h"
#include "tools/explore/jobs.h"
#include "tools/explore/progress.h"
#include "tools/explore/trace.h"

namespace kvtool::explore {
namespace {

const char* to_text(Prediction::Status status) {
  switch (status) {
    case Prediction::Status::confirmed:
      return "confirmed";
    case Prediction::Status::impossible:
      return "impossible";
    case Prediction::Status::potential:
      return "potential";
  }
  return "?";
}

Json phases_json(const Exploration& result) {
  Json phases = Json::array();
  for (const Phase& phase : result.phases)
    phases.push_back({{"name", phase.name},
                      {"executions", phase.executions},
                      {"seconds", phase.seconds},
                      {"note", phase.note}});
  return phases;
}

Json predictions_json(const Exploration& result) {
  Json predictions = Json::array();
  for (const Prediction& prediction : result.predictions)
    predictions.push_back(
        {{"text", prediction.text}, {"status", to_text(prediction.status)}, {"reason", prediction.reason}});
  return predictions;
}

// What was run, for every kind of result.
Json subject_json(const Scenario& scenario, const Variant& variant, const ExploreOptions& options,
                  const Parameters& parameters) {
  const Expectation& expected = variant.expected_in(options.model);
  return {{"kind", "result"},
          {"scenario", scenario.id},
          {"family", scenario.family},
          {"variant", variant.name},
          {"summary", variant.what},
          {"model", to_string(options.model)},
          {"parameters", to_json(parameters)},
          {"limits", to_json(options.limits)},
          {"seed", options.seed},
          {"expected", {{"outcome", to_string(expected.outcome)}, {"message", expected.message}}}};
}

Json failure_json(const Scenario& scenario, const Variant& variant, const ExploreOptions& options,
                  const Parameters& parameters, Program& program, const Failure& failure) {
  Json json{{"outcome", to_string(failure.outcome)},
            {"message", failure.message},
            {"foundBy", failure.found_by},
            {"executions", failure.executions},
            {"seconds", failure.seconds},
            {"steps", failure.steps},
            {"switches", failure.schedule.points.size()}};
  json["schedule"] = to_text(scenario, {.scenario = scenario.id,
                                        .variant = variant.name,
                                        .model = options.model,
                                        .parameters = parameters,
                                        .limits = options.limits,
                                        .schedule = failure.schedule});
  SourcePlaces places;
  json["trace"] = trace(program, failure.schedule, options.model, options.limits, places);
  // The fixed variant stands last.
  const Variant& fixed = scenario.variants.back();
  if (&fixed != &variant && fixed.expected_in(options.model).outcome == Outcome::ok) {
    const auto other = fixed.model(parameters);
    json["comparison"] = compare(program, failure.schedule, *other, options.model, options.limits, places);
    json["comparison"]["variant"] = fixed.name;
  }
  return json;
}

// The explorer takes an actor's std::bad_alloc for any exception; here it is a limit of this process.
bool out_of_memory(const Failure& failure) {
  return failure.outcome == Outcome::exception && failure.message.ends_with(std::bad_alloc().what());
}

Json explore_variant(const Scenario& scenario, const Variant& variant, ExploreOptions options,
                     const Parameters& parameters) {
  Json line = subject_json(scenario, variant, options, parameters);
  ProgressLines progress(line);
  options.progress = [&](const Phase& phase) {
    progress.show(phase.name, phase.executions);
    return true;
  };
  const StuckReport stuck(line);
  const auto program = variant.model(parameters);
  try {
    const Exploration result = explore(*program, options);
    line["conclusion"] = to_string(result.conclusion);
    line["explanation"] = result.explanation;
    line["executions"] = result.executions;
    line["steps"] = result.steps;
    line["states"] = result.states;
    line["provedBy"] = result.proved_by;
    line["actors"] = result.actors;
    line["objects"] = result.objects;
    line["longest"] = result.longest;
    line["timeoutsBounded"] = result.timeouts_bounded;
    line["seconds"] = result.seconds;
    line["phases"] = phases_json(result);
    line["predictions"] = predictions_json(result);
    if (result.failure && out_of_memory(*result.failure)) throw std::bad_alloc();
    if (result.failure)
      line["failure"] = failure_json(scenario, variant, options, parameters, *program, *result.failure);
  } catch (const ModelLimit& error) {
    line["conclusion"] = "error";
    line["explanation"] = error.what();
  } catch (const std::bad_alloc&) {
    line["conclusion"] = "error";
    line["explanation"] = "the program, or the search, needs more than the " +
                          std::to_string(options.search_bytes >> 19U) +
                          " MB that this process may have; make it smaller, or raise --memory-mb";
  }
  return line;
}

}  // namespace

int explore_job(const Arguments& arguments) {
  const Scenario& scenario = scenario_of(arguments.scenario);
  const ExploreOptions options = options_of(arguments, scenario);
  const Parameters parameters = scenario.resolve(arguments.parameters);
  for (const Variant* variant : variants_of(scenario, arguments.variants))
    print_line(explore_variant(scenario, *variant, options, parameters));
  return 0;
}

}  // namespace kvtool::explore
