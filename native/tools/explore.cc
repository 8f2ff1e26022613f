// kvtool-explore: runs the explorer over the scenarios of the catalogue, for the command of the same name.
//
//   kvtool-explore --list
//   kvtool-explore SCENARIO [--variant NAME] [--model sc|tso|pso|arm] [--seed N] [--seconds S] [NAME=VALUE
//   ...]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"

namespace {

using namespace kvtool::explore;

void print(const Scenario& scenario, const Variant& variant, const ExploreOptions& options,
           const Parameters& parameters) {
  const auto program = variant.model(parameters);
  const Exploration result = explore(*program, options);
  std::printf("%s %s (%s): %s  %s\n", scenario.id.c_str(), variant.name.c_str(),
              std::string(to_string(options.model)).c_str(),
              std::string(to_string(result.conclusion)).c_str(), result.explanation.c_str());
  for (const Prediction& prediction : result.predictions)
    std::printf("  predicted [%d]: %s %s\n", static_cast<int>(prediction.status), prediction.text.c_str(),
                prediction.reason.c_str());
  if (!result.failure) return;
  const Failure& failure = *result.failure;
  std::printf("  %s: %s  (%s, execution %llu, %.1f us, %u steps)\n",
              std::string(to_string(failure.outcome)).c_str(), failure.message.c_str(),
              failure.found_by.c_str(), static_cast<unsigned long long>(failure.executions),
              failure.seconds * 1e6, failure.steps);
  World world(options.model, options.limits);
  world.set_traced(true);
  replay(*program, failure.schedule, world);
  for (unsigned i = 0; i < world.steps(); ++i) {
    const Operation& operation = world.operation_of(i);
    std::printf("    %3u  %-12s %s %s = %lld\n", i + 1, world.agent_name(world.agent_of(i)).c_str(),
                std::string(to_string(operation.kind)).c_str(), world.object_name(operation.object).c_str(),
                static_cast<long long>(world.value_of(i)));
  }
  for (const World::Blocked& actor : world.standing()) {
    if (actor.wants.kind == Kind::none) continue;
    std::string holds;
    for (const ObjectId object : actor.holds) holds += " " + world.object_name(object);
    std::printf("    %s%s stands at: %s %s, holds:%s\n", world.agent_name(actor.agent).c_str(),
                actor.daemon ? " (daemon)" : "", std::string(to_string(actor.wants.kind)).c_str(),
                world.object_name(actor.wants.object).c_str(), holds.c_str());
  }
}

int run(int argc, char** argv) {
  if (argc < 2) return 2;
  if (std::strcmp(argv[1], "--list") == 0) {
    for (const auto& [id, scenario] : catalog()) {
      std::printf("%-4s %s: %s\n", scenario.family.c_str(), id.c_str(), scenario.title.c_str());
      for (const Variant& variant : scenario.variants)
        std::printf("       %s: %s\n", variant.name.c_str(), variant.what.c_str());
    }
    return 0;
  }
  const auto found = catalog().find(argv[1]);
  if (found == catalog().end()) {
    std::fprintf(stderr, "no scenario \"%s\"\n", argv[1]);
    return 2;
  }
  const Scenario& scenario = found->second;
  ExploreOptions options;
  options.model = scenario.model;
  options.limits = scenario.limits;
  Parameters given;
  std::string only;
  for (int i = 2; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (argument == "--variant") {
      only = value();
    } else if (argument == "--model") {
      const std::string model = value();
      for (const MemoryModel each : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm})
        if (to_string(each) == model) options.model = each;
    } else if (argument == "--seed") {
      options.seed = std::stoull(value());
    } else if (argument == "--seconds") {
      options.seconds = std::stod(value());
    } else if (const auto equals = argument.find('='); equals != std::string::npos) {
      given[argument.substr(0, equals)] = std::stoll(argument.substr(equals + 1));
    }
  }
  const Parameters parameters = scenario.resolve(given);
  for (const Variant& variant : scenario.variants)
    if (only.empty() || variant.name == only) print(scenario, variant, options, parameters);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kvtool-explore: %s\n", error.what());
    return 2;
  }
}
