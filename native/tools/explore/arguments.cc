#include "tools/explore/arguments.h"

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "core/explorer/schedule.h"

namespace kvtool::explore {

const char* const kHelp =
    "usage: kvtool-explore --list\n"
    "       kvtool-explore explore SCENARIO [--variant NAME]... [OPTION]...\n"
    "       kvtool-explore replay LINE [--variant NAME] [OPTION]...\n"
    "       kvtool-explore random SCENARIO --variant NAME [--first N] [--executions N] [OPTION]...\n"
    "       kvtool-explore threads SCENARIO --variant NAME [--rounds N] [OPTION]...\n"
    "\n"
    "Runs scenarios of the catalogue in the model, or on real threads. Prints one JSON object a line: "
    "progress about four times "
    "a\n"
    "second, and one result for each variant. kvtool explore, replay and stress start it.\n"
    "\n"
    "  --model sc|tso|pso|arm    memory model; default: the scenario's own\n"
    "  --param NAME=VALUE        a parameter of the scenario\n"
    "  --limit NAME=VALUE        steps, timeouts, spurious-wakeups or store-buffer\n"
    "  --seed N                  of the random strategies (1)\n"
    "  --seconds N               for each variant (60)\n"
    "  --random N                random executions before the exhaustive search (20000)\n"
    "  --exhaustive N            executions of the exhaustive search (5000000)\n"
    "  --first N                 of random: number of the first execution (0)\n"
    "  --executions N            of random: how many; 0: until the time is over (0)\n"
    "  --rounds N                of threads: how many; 0: until the time is over (10000)\n"
    "  --hung-after-ms N         of threads: without the end of a round (2000)\n"
    "  --memory-mb N             of address space for this process (4096)\n"
    "\n"
    "Exit codes: 0 done, whatever was found; 1 a bug in kvtool; 2 usage; 75 out of memory.\n";

namespace {

template <class Number>
Number number(std::string_view flag, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most)
    return value;
  throw std::invalid_argument("found " + std::string(flag) + " " + std::string(text) +
                              "; expected a number from " + std::to_string(least) + " to " +
                              std::to_string(most));
}

std::pair<std::string, std::int64_t> setting(std::string_view flag, std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == 0 || at == std::string_view::npos)
    throw std::invalid_argument("found " + std::string(flag) + " " + std::string(text) +
                                "; expected NAME=VALUE");
  return {std::string(text.substr(0, at)),
          number<std::int64_t>(flag, text.substr(at + 1), INT64_MIN, INT64_MAX)};
}

void take_flag(std::string_view flag, std::string_view value, Arguments& out) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
  if (flag == "--variant") {
    out.variants.emplace_back(value);
  } else if (flag == "--model") {
    memory_model(value);
    out.model = value;
  } else if (flag == "--param") {
    out.parameters.insert(setting(flag, value));
  } else if (flag == "--limit") {
    out.limits.push_back(setting(flag, value));
  } else if (flag == "--seed") {
    out.seed = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--seconds") {
    out.seconds = number<double>(flag, value, 0.001, 1e7);
  } else if (flag == "--random") {
    out.random_executions = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--exhaustive") {
    out.exhaustive_executions = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--first") {
    out.first = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--executions") {
    out.executions = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--rounds") {
    out.rounds = number<std::uint64_t>(flag, value, 0, kMost);
  } else if (flag == "--hung-after-ms") {
    out.hung_after_ms = number<std::uint64_t>(flag, value, 1, 1U << 30U);
  } else if (flag == "--memory-mb") {
    out.memory_megabytes = number<std::uint64_t>(flag, value, 64, 1U << 24U);
  } else {
    throw std::invalid_argument("found " + std::string(flag) + "; expected a flag of kvtool-explore --help");
  }
}

}  // namespace

Arguments parse_arguments(int count, const char* const* words) {
  Arguments out;
  if (count < 2)
    throw std::invalid_argument("found no job; expected --list, explore, replay, random or threads");
  const std::string_view job = words[1];
  if (job == "--help" || job == "-h") return out;
  if (job == "--list") {
    if (count > 2) throw std::invalid_argument("found more after --list; expected nothing");
    out.job = Arguments::Job::list;
    return out;
  }
  out.job = job == "explore"   ? Arguments::Job::explore
            : job == "replay"  ? Arguments::Job::replay
            : job == "random"  ? Arguments::Job::random
            : job == "threads" ? Arguments::Job::threads
                               : Arguments::Job::help;
  if (out.job == Arguments::Job::help)
    throw std::invalid_argument("found the job \"" + std::string(job) +
                                "\"; expected --list, explore, replay, random or threads");
  std::string& subject = out.job == Arguments::Job::replay ? out.schedule : out.scenario;
  for (int i = 2; i < count; ++i) {
    const std::string_view word = words[i];
    if (word.starts_with("--")) {
      if (i + 1 == count)
        throw std::invalid_argument("found " + std::string(word) + " without a value; expected one after it");
      take_flag(word, words[++i], out);
    } else if (subject.empty()) {
      subject = word;
    } else {
      throw std::invalid_argument("found \"" + std::string(word) + "\" after \"" + subject.substr(0, 40) +
                                  "\"; expected one of them");
    }
  }
  if (subject.empty())
    throw std::invalid_argument(out.job == Arguments::Job::replay ? "found no line; expected a schedule"
                                                                  : "found no scenario; expected its id");
  return out;
}

const Scenario& scenario_of(const std::string& id) {
  const auto found = catalog().find(id);
  if (found != catalog().end()) return found->second;
  throw std::invalid_argument("there is no scenario \"" + id +
                              "\" in the model; kvtool-explore --list has all");
}

std::vector<const Variant*> variants_of(const Scenario& scenario, const std::vector<std::string>& names) {
  std::vector<const Variant*> variants;
  for (const std::string& name : names) {
    const Variant* variant = scenario.find(name);
    if (variant == nullptr) {
      std::string all;
      for (const Variant& each : scenario.variants) all.append(all.empty() ? "" : ", ").append(each.name);
      std::string message = "scenario ";
      message.append(scenario.id).append(" has no variant \"").append(name).append("\"; it has ").append(all);
      throw std::invalid_argument(message);
    }
    variants.push_back(variant);
  }
  if (names.empty())
    for (const Variant& variant : scenario.variants) variants.push_back(&variant);
  return variants;
}

ExploreOptions options_of(const Arguments& arguments, const Scenario& scenario) {
  ExploreOptions options;
  options.model = arguments.model.empty() ? scenario.model : memory_model(arguments.model);
  options.limits = scenario.limits;
  for (const auto& [name, value] : arguments.limits) set_limit(options.limits, name, value);
  options.seed = arguments.seed;
  options.seconds = arguments.seconds;
  options.random_executions = arguments.random_executions;
  options.exhaustive_executions = arguments.exhaustive_executions;
  // The rest is for fibers, the program under test and the C++ library.
  options.search_bytes = static_cast<std::size_t>(arguments.memory_megabytes) << 19U;
  return options;
}

}  // namespace kvtool::explore
