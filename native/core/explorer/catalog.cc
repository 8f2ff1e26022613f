#include "core/explorer/catalog.h"

#include <algorithm>
#include <stdexcept>

namespace kvtool::explore {

namespace {
std::map<std::string, Scenario, std::less<>>& registered() {
  static std::map<std::string, Scenario, std::less<>> scenarios;
  return scenarios;
}
}  // namespace

const std::map<std::string, Scenario, std::less<>>& catalog() { return registered(); }

ScenarioRegistration::ScenarioRegistration(Scenario scenario) {
  std::string id = scenario.id;
  registered().emplace(std::move(id), std::move(scenario));
}

const Expectation& Variant::expected_in(MemoryModel memory) const {
  if (models.empty() || std::find(models.begin(), models.end(), memory) != models.end()) return expect;
  return elsewhere;
}

const Variant* Scenario::find(std::string_view name) const {
  const auto found =
      std::find_if(variants.begin(), variants.end(), [&](const Variant& v) { return v.name == name; });
  return found == variants.end() ? nullptr : &*found;
}

Parameters Scenario::resolve(const Parameters& given) const {
  Parameters values;
  for (const ParameterSpec& spec : parameters) values[spec.name] = spec.standard;
  for (const auto& [name, value] : given) {
    const auto spec = std::find_if(
        parameters.begin(), parameters.end(),
        [&, wanted = std::string_view(name)](const ParameterSpec& p) { return p.name == wanted; });
    if (spec == parameters.end()) {
      std::string names;
      for (const ParameterSpec& p : parameters) names += (names.empty() ? "" : ", ") + p.name;
      throw std::invalid_argument("scenario " + id + " has no parameter \"" + name + "\"; it has " +
                                  (names.empty() ? "none" : names));
    }
    if (value < spec->least || value > spec->most)
      throw std::invalid_argument("parameter " + name + " of " + id + " is " + std::to_string(value) +
                                  "; expected " + std::to_string(spec->least) + " to " +
                                  std::to_string(spec->most));
    values[name] = value;
  }
  return values;
}

}  // namespace kvtool::explore
