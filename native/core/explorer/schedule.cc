#include "core/explorer/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace kvtool::explore {
namespace {

struct LimitSpec {
  const char* name;
  unsigned Limits::*field;
  unsigned least, most;
};
constexpr std::array<LimitSpec, 4> kLimits{{{"steps", &Limits::steps, 1, 32'000},
                                            {"timeouts", &Limits::timeouts, 0, 255},
                                            {"spurious-wakeups", &Limits::spurious_wakeups, 0, 255},
                                            {"store-buffer", &Limits::store_buffer, 1, 32}}};

// Not the text itself: a line may be a megabyte.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string shown;
  for (const char letter : text.substr(0, kMost)) shown += letter >= ' ' && letter <= '~' ? letter : '?';
  return '"' + shown + (text.size() > kMost ? "..." : "") + '"';
}

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

// FNV-1a, folded to 16 bits: enough to notice, short enough to paste.
std::string digest(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x01000193U;
  std::array<char, 5> digits{};
  std::snprintf(digits.data(), digits.size(), "%04x", (hash ^ hash >> 16U) & 0xffffU);
  return digits.data();
}

struct Digests {
  std::string variant, parameters, limits;
  std::string text() const { return variant + parameters + limits; }
};

Digests digests_of(const ScheduleLine& line) {
  std::string parameters, limits;
  for (const auto& [name, value] : line.parameters) parameters += name + '=' + std::to_string(value) + '\n';
  for (const LimitSpec& spec : kLimits)
    limits += spec.name + ('=' + std::to_string(line.limits.*spec.field)) + '\n';
  const std::string variant = std::to_string(kScheduleVersion) + '\n' + line.scenario + '\n' + line.variant +
                              '\n' + std::string(to_string(line.model));
  return {digest(variant), digest(parameters), digest(limits)};
}

// Takes what stands before the first `mark` off `text`; all of it when there is none.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

template <class Number>
Number number(std::string_view text, Number least, Number most, const char* what) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    refuse("found " + quoted(text) + " in the schedule; expected " + what + " from " + std::to_string(least) +
           " to " + std::to_string(most));
  return value;
}

Kind kind_of(char letter) {
  switch (letter) {
    case 'b':
      return Kind::flush;
    case 'c':
      return Kind::refresh;
    case 'l':
      return Kind::bind;
    default:
      return Kind::none;
  }
}

unsigned parse_agent(std::string_view text, MemoryModel model, std::vector<World::AgentKey>& agents) {
  const char letter = text.empty() ? '\0' : text.front();
  std::string_view rest = text.empty() ? text : text.substr(1);
  if (letter == 't') return number<unsigned>(rest, 0, kMaxActors - 1, "the number of an actor");
  const Kind kind = kind_of(letter);
  if (kind == Kind::none)
    refuse("found " + quoted(text) +
           " in the schedule; expected an agent: t0 an actor, b0 a store buffer, c0.1 a "
           "copy, l0.1 a late load");
  World::AgentKey key{.kind = kind};
  key.actor = static_cast<std::uint8_t>(
      number<unsigned>(take(rest, '.'), 0, kMaxActors - 1, "the number of an actor"));
  const bool whole_buffer = model == MemoryModel::tso && kind == Kind::flush;
  if (whole_buffer != rest.empty() || model == MemoryModel::sc)
    refuse("found the agent " + quoted(text) + " in the schedule, which the memory model " +
           std::string(to_string(model)) + " does not have");
  if (!whole_buffer)
    key.object = static_cast<ObjectId>(number<unsigned>(rest, 0, kMaxObjects - 1, "the number of a cell"));
  const auto known = std::find(agents.begin(), agents.end(), key);
  const auto index = static_cast<unsigned>(known - agents.begin());
  if (known == agents.end()) {
    if (kMaxActors + agents.size() >= kMaxAgents) refuse("the schedule names more agents than there can be");
    agents.push_back(key);
  }
  return kMaxActors + index;
}

Schedule parse_points(std::string_view text, MemoryModel model) {
  Schedule schedule;
  const std::size_t mark = text.find('!');
  std::string_view choices = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
  text = text.substr(0, mark);
  if (text.starts_with('u')) {
    schedule.unlock_steps = true;
    text.remove_prefix(1);
  }
  while (!text.empty()) {
    std::string_view point = take(text, ';');
    if (point.find('>') == std::string_view::npos)
      refuse("found " + quoted(point) + " in the schedule; expected a point such as t0,3>t1");
    std::string_view after = take(point, '>');
    SwitchPoint parsed{.agent = kMaxAgents, .taken = 0, .next = 0};
    if (!after.empty()) {
      const std::string_view agent = take(after, ',');
      parsed.agent = static_cast<std::uint8_t>(parse_agent(agent, model, schedule.agents));
      parsed.taken = number<std::uint16_t>(after, 1, 32'000, "a number of steps");
    }
    parsed.next = static_cast<std::uint8_t>(parse_agent(point, model, schedule.agents));
    schedule.points.push_back(parsed);
  }
  while (!choices.empty())
    schedule.choices.push_back(number<std::uint8_t>(take(choices, ','), 0, 255, "a choice"));
  return schedule;
}

void parse_settings(std::string_view settings, const Scenario& scenario, ScheduleLine& line) {
  Parameters given;
  while (!settings.empty()) {
    std::string_view value = take(settings, ',');
    const bool is_limit = value.starts_with('@');
    if (is_limit) value.remove_prefix(1);
    const std::string name(take(value, '='));
    const auto parsed = number<std::int64_t>(value, INT64_MIN, INT64_MAX, "a value");
    if (is_limit)
      set_limit(line.limits, name, parsed);
    else
      given[name] = parsed;
  }
  line.parameters = scenario.resolve(given);
}

std::string settings_text(const Scenario& scenario, const ScheduleLine& line) {
  std::string text;
  const auto add = [&](const std::string& setting) { text += (text.empty() ? "" : ",") + setting; };
  for (const ParameterSpec& spec : scenario.parameters)
    if (const std::int64_t value = line.parameters.at(spec.name); value != spec.standard)
      add(spec.name + '=' + std::to_string(value));
  for (const LimitSpec& spec : kLimits)
    if (line.limits.*spec.field != scenario.limits.*spec.field)
      add('@' + (spec.name + ('=' + std::to_string(line.limits.*spec.field))));
  return text;
}

std::string sizes(const ScheduleLine& line) {
  std::string text;
  for (const auto& [name, value] : line.parameters)
    text += (text.empty() ? "" : ", ") + name + '=' + std::to_string(value);
  return text.empty() ? "none" : text;
}

void compare(std::string_view given, const ScheduleLine& line) {
  const Digests here = digests_of(line);
  if (given == here.text()) return;
  const std::string rewrite = "; the schedule is another program's: explore again for a new line";
  if (given.size() != here.text().size())
    refuse("found the check digits " + quoted(given) + "; expected 12 hexadecimal digits");
  if (given.substr(0, 4) != here.variant)
    refuse("the line was made for another scenario, variant or memory model than " + line.scenario + " " +
           line.variant + " " + std::string(to_string(line.model)) + rewrite);
  if (given.substr(4, 4) != here.parameters)
    refuse("the line was made for other sizes: here they are " + sizes(line) + rewrite);
  refuse("the line was made under other limits: here they are " + std::to_string(line.limits.steps) +
         " steps, " + std::to_string(line.limits.timeouts) + " timeouts, " +
         std::to_string(line.limits.spurious_wakeups) + " spurious wake-ups, a store buffer of " +
         std::to_string(line.limits.store_buffer) + rewrite);
}

}  // namespace

MemoryModel memory_model(std::string_view name) {
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm})
    if (to_string(model) == name) return model;
  refuse("found the memory model " + quoted(name) + "; expected sc, tso, pso or arm");
}

void set_limit(Limits& limits, std::string_view name, std::int64_t value) {
  for (const LimitSpec& spec : kLimits) {
    if (name != spec.name) continue;
    if (value < spec.least || value > spec.most)
      refuse("the limit " + std::string(name) + " is " + std::to_string(value) + "; expected " +
             std::to_string(spec.least) + " to " + std::to_string(spec.most));
    limits.*spec.field = static_cast<unsigned>(value);
    return;
  }
  refuse("found the limit " + quoted(name) + "; expected steps, timeouts, spurious-wakeups or store-buffer");
}

std::string agent_text(unsigned agent, const std::vector<World::AgentKey>& agents) {
  if (agent < kMaxActors) return 't' + std::to_string(agent);
  const World::AgentKey& key = agents.at(agent - kMaxActors);
  std::string text(1, key.kind == Kind::flush ? 'b' : key.kind == Kind::refresh ? 'c' : 'l');
  text += std::to_string(key.actor);
  if (key.object != kNoObject) text += '.' + std::to_string(key.object);
  return text;
}

std::string to_text(const Scenario& scenario, const ScheduleLine& line) {
  std::string text = "kv" + std::to_string(kScheduleVersion) + '.' + line.scenario + '.' + line.variant +
                     '.' + std::string(to_string(line.model)) + '.';
  if (const std::string settings = settings_text(scenario, line); !settings.empty()) text += settings + '.';
  text += digests_of(line).text() + ':';
  if (line.schedule.unlock_steps) text += 'u';
  for (std::size_t i = 0; i < line.schedule.points.size(); ++i) {
    const SwitchPoint& point = line.schedule.points[i];
    if (i > 0) text += ';';
    if (point.agent != kMaxAgents)
      text += agent_text(point.agent, line.schedule.agents) + ',' + std::to_string(point.taken);
    text += '>' + agent_text(point.next, line.schedule.agents);
  }
  for (std::size_t i = 0; i < line.schedule.choices.size(); ++i)
    text += (i == 0 ? '!' : ',') + std::to_string(line.schedule.choices[i]);
  return text;
}

ScheduleLine parse_schedule(std::string_view text,
                            const std::map<std::string, Scenario, std::less<>>& scenarios) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  if (text.size() > kLongestSchedule)
    refuse("found a schedule of " + std::to_string(text.size()) + " letters; expected at most " +
           std::to_string(kLongestSchedule));
  if (!text.starts_with("kv") || text.find(':') == std::string_view::npos)
    refuse("found " + quoted(text) + "; expected a line such as kv1.abba.buggy.sc.0123456789ab:>t0;t0,1>t1");
  std::string_view head = take(text, ':');
  const std::string_view version = take(head, '.').substr(2);
  if (version != std::to_string(kScheduleVersion))
    refuse("the line is of version " + quoted(version) + "; this kvtool replays version " +
           std::to_string(kScheduleVersion) + ", and steps of other versions are other steps");
  ScheduleLine line;
  line.scenario = take(head, '.');
  const auto scenario = scenarios.find(line.scenario);
  if (scenario == scenarios.end()) refuse("this kvtool has no scenario " + quoted(line.scenario));
  line.variant = take(head, '.');
  if (scenario->second.find(line.variant) == nullptr)
    refuse("scenario " + line.scenario + " has no variant " + quoted(line.variant));
  line.model = memory_model(take(head, '.'));
  line.limits = scenario->second.limits;
  const std::size_t settings = head.find('=') == std::string_view::npos ? 0 : head.rfind('.');
  parse_settings(head.substr(0, settings == std::string_view::npos ? 0 : settings), scenario->second, line);
  compare(settings == 0 ? head : head.substr(std::min(head.size(), settings + 1)), line);
  line.schedule = parse_points(text, line.model);
  return line;
}

}  // namespace kvtool::explore
