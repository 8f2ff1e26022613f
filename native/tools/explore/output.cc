#include "tools/explore/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

namespace kvtool::explore {

void print_line(const Json& line) {
  static std::mutex one_at_a_time;  // the watchdog's thread writes, too
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  const std::scoped_lock lock(one_at_a_time);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t bytes = write(STDOUT_FILENO, rest.data(), rest.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) std::_Exit(75);
    rest.remove_prefix(static_cast<std::size_t>(bytes));
  }
}

Json to_json(const Parameters& parameters) {
  Json values = Json::object();
  for (const auto& [name, value] : parameters) values[name] = value;
  return values;
}

Json to_json(const Limits& limits) {
  return {{"steps", limits.steps},
          {"timeouts", limits.timeouts},
          {"spuriousWakeups", limits.spurious_wakeups},
          {"storeBuffer", limits.store_buffer}};
}

namespace {

Json to_json(const Expectation& expectation) {
  return {{"outcome", to_string(expectation.outcome)}, {"message", expectation.message}};
}

Json to_json(const Variant& variant) {
  Json expected = Json::object();
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm})
    expected[std::string(to_string(model))] = to_json(variant.expected_in(model));
  return {{"name", variant.name},
          {"summary", variant.what},
          {"expected", expected},
          {"realThreads", static_cast<bool>(variant.real)}};
}

Json to_json(const Scenario& scenario) {
  Json parameters = Json::array();
  for (const ParameterSpec& spec : scenario.parameters)
    parameters.push_back({{"name", spec.name},
                          {"default", spec.standard},
                          {"min", spec.least},
                          {"max", spec.most},
                          {"summary", spec.what}});
  Json variants = Json::array();
  for (const Variant& variant : scenario.variants) variants.push_back(to_json(variant));
  return {{"id", scenario.id},
          {"family", scenario.family},
          {"title", scenario.title},
          {"source", scenario.source},
          {"model", to_string(scenario.model)},
          {"limits", explore::to_json(scenario.limits)},
          {"parameters", parameters},
          {"variants", variants},
          {"golden", scenario.golden}};
}

}  // namespace

Json catalogue_json() {
  Json scenarios = Json::array();
  for (const auto& [id, scenario] : catalog()) scenarios.push_back(to_json(scenario));
  return {{"kind", "catalogue"}, {"schemaVersion", 1}, {"scenarios", scenarios}};
}

}  // namespace kvtool::explore
