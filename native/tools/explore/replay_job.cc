#include <stdexcept>

#include "core/explorer/schedule.h"
#include "tools/explore/comparison.h"
#include "tools/explore/jobs.h"
#include "tools/explore/progress.h"
#include "tools/explore/trace.h"

namespace kvtool::explore {

int replay_job(const Arguments& arguments) {
  if (!arguments.model.empty() || !arguments.parameters.empty() || !arguments.limits.empty())
    throw std::invalid_argument("found --model, --param or --limit with a schedule, which says them itself");
  if (arguments.variants.size() > 1) throw std::invalid_argument("found several variants; expected one");
  const ScheduleLine line = parse_schedule(arguments.schedule, catalog());
  const Scenario& scenario = scenario_of(line.scenario);
  const Variant& own = *scenario.find(line.variant);
  const Variant& variant =
      *variants_of(scenario, {arguments.variants.empty() ? line.variant : arguments.variants[0]})[0];
  const Expectation& expected = variant.expected_in(line.model);
  Json result{{"kind", "replay"},
              {"scenario", scenario.id},
              {"family", scenario.family},
              {"variant", variant.name},
              {"summary", variant.what},
              {"model", to_string(line.model)},
              {"parameters", to_json(line.parameters)},
              {"limits", to_json(line.limits)},
              {"schedule", to_text(scenario, line)},
              {"expected", {{"outcome", to_string(expected.outcome)}, {"message", expected.message}}}};
  const StuckReport stuck(result);
  SourcePlaces places;
  const auto program = variant.model(line.parameters);
  result["trace"] = trace(*program, line.schedule, line.model, line.limits, places);
  const Variant& fixed = scenario.variants.back();
  if (&variant == &own && &fixed != &own && fixed.expected_in(line.model).outcome == Outcome::ok) {
    const auto other = fixed.model(line.parameters);
    result["comparison"] = compare(*program, line.schedule, *other, line.model, line.limits, places);
    result["comparison"]["variant"] = fixed.name;
  }
  print_line(result);
  return 0;
}

}  // namespace kvtool::explore
