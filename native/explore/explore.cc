#include "kvtool/explore.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <ostream>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/explorer/catalog.h"
#include "core/explorer/schedule.h"
#include "core/explorer/trace.h"
#include "explore/source_lines.h"
#include "explore/trace_table.h"

namespace kvtool::explore {
namespace {

constexpr int kProved = 0, kHangs = 3, kFails = 4, kInconclusive = 5;

const char* name_of(Sanitizer sanitizer) {
  switch (sanitizer) {
    case Sanitizer::none:
      return "no sanitizer";
    case Sanitizer::address:
      return "AddressSanitizer";
    case Sanitizer::thread:
      return "ThreadSanitizer";
  }
  return "?";
}

void check_build(const detail::Subject& subject) {
  if (subject.sanitizer == kSanitizer) return;
  throw std::invalid_argument(std::string("found a program built with ") + name_of(subject.sanitizer) +
                              " and a kvtool::explore built with " + name_of(kSanitizer) +
                              "; expected the same for both: set -fsanitize in CMAKE_CXX_FLAGS");
}

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
}

// "bank::Transfer<kvtool::ModelRuntime>" -> "Transfer".
std::string class_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? text.get() : mangled;
  name = name.substr(0, name.find('<'));
  name = name.substr(name.rfind(':') == std::string::npos ? 0 : name.rfind(':') + 1);
  std::erase_if(name, [](char letter) { return !is_name_letter(letter); });
  return name.empty() ? "program" : name;
}

// The class and its arguments as the catalogue has scenarios: a schedule of another class, or of other
// arguments, is refused.
Scenario scenario_of(const Options& options, const detail::Subject& subject) {
  Scenario scenario;
  scenario.id = options.name.empty() ? class_name(subject.type) : options.name;
  if (!std::all_of(scenario.id.begin(), scenario.id.end(), is_name_letter))
    throw std::invalid_argument("found the name \"" + scenario.id +
                                "\"; expected letters, digits, '-' and '_'");
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const char letter : subject.type) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x01000193U;
  std::array<char, 10> digits{};
  std::snprintf(digits.data(), digits.size(), "v%08x", hash);
  scenario.variants.push_back({.name = digits.data()});
  for (const std::int64_t argument : subject.arguments)
    scenario.parameters.push_back({.name = numbered("a", scenario.parameters.size() + 1),
                                   .standard = argument,
                                   .least = argument,
                                   .most = argument});
  return scenario;
}

void check_options(const Options& options) {
  Limits limits;
  set_limit(limits, "steps", options.limits.steps);
  set_limit(limits, "timeouts", options.limits.timeouts);
  set_limit(limits, "spurious-wakeups", options.limits.spurious_wakeups);
  set_limit(limits, "store-buffer", options.limits.store_buffer);
  if (!(options.seconds > 0))
    throw std::invalid_argument("found " + std::to_string(options.seconds) +
                                " seconds; expected more than 0");
}

std::string table_of(const Trace& trace, const Options& options) {
  std::set<const void*> addresses;
  const auto add = [&](const World::Callers& callers) {
    for (const void* address : callers)
      if (address != nullptr) addresses.insert(address);
  };
  for (const TraceStep& step : trace.steps) add(step.callers);
  for (const Standing& actor : trace.standing) add(actor.callers);
  add(trace.failed_at);
  const auto lines = options.source_lines && !addresses.empty() ? source_lines(addresses)
                                                                : std::map<const void*, SourceLine>();
  return trace_table(trace, lines) + standing_text(trace);
}

std::string counted(std::uint64_t number, const char* what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

}  // namespace

namespace detail {

Result explore_program(Program& program, const Options& options, const Subject& subject) {
  check_build(subject);
  check_options(options);
  const Scenario scenario = scenario_of(options, subject);
  ExploreOptions own;
  own.model = options.model;
  own.limits = options.limits;
  own.seed = options.seed;
  own.seconds = options.seconds;
  own.random_executions = options.random_executions;
  own.exhaustive_executions = options.exhaustive_executions;
  const Exploration exploration = explore::explore(program, own);

  Result result;
  result.name = scenario.id;
  result.conclusion = exploration.conclusion;
  result.explanation = exploration.explanation;
  result.executions = exploration.executions;
  result.states = exploration.states;
  result.seconds = exploration.seconds;
  if (!exploration.failure) return result;
  const Failure& failure = *exploration.failure;
  result.outcome = failure.outcome;
  result.message = failure.message;
  result.steps = failure.steps;
  result.explanation = "found by " + failure.found_by + ", in " + counted(failure.executions, "execution");
  result.schedule = to_text(scenario, {.scenario = scenario.id,
                                       .variant = scenario.variants.front().name,
                                       .model = options.model,
                                       .parameters = scenario.resolve({}),
                                       .limits = options.limits,
                                       .schedule = failure.schedule});
  result.trace = table_of(trace_of(program, failure.schedule, options.model, options.limits), options);
  return result;
}

Result replay_program(Program& program, std::string_view schedule, const Options& options,
                      const Subject& subject) {
  check_build(subject);
  const Scenario scenario = scenario_of(options, subject);
  const ScheduleLine line = parse_schedule(schedule, {{scenario.id, scenario}});
  const Trace trace = trace_of(program, line.schedule, line.model, line.limits);
  Result result;
  result.name = scenario.id;
  result.outcome = trace.outcome;
  result.conclusion = is_failure(trace.outcome) ? Conclusion::failed : Conclusion::not_found;
  result.message = trace.message;
  result.explanation = trace.followed ? "replayed"
                                      : "replayed, but the program has changed: not every point "
                                        "of the schedule was met as it stands";
  result.schedule = to_text(scenario, line);
  result.steps = static_cast<unsigned>(trace.steps.size());
  result.executions = 1;
  result.trace = table_of(trace, options);
  return result;
}

}  // namespace detail

int Result::exit_code() const {
  if (proved()) return kProved;
  if (!failed()) return kInconclusive;
  return outcome == Outcome::deadlock || outcome == Outcome::livelock ? kHangs : kFails;
}

std::string Result::text() const {
  std::string text = name + ": " + std::string(failed() ? to_string(outcome) : to_string(conclusion));
  if (failed()) {
    text += " in " + counted(steps, "step");
    if (!message.empty()) text += ": " + message;
  }
  text += "\n  " + explanation + '\n' + trace;
  if (!schedule.empty()) text += "  replay with '" + schedule + "'\n";
  return text;
}

std::ostream& operator<<(std::ostream& out, const Result& result) { return out << result.text(); }

}  // namespace kvtool::explore
