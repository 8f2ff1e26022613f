// kvtool-ring-fences: the tables of docs/ring.md. Explores the shared-memory ring under every subset of its
// fence sites, for each memory model and size, and prints what suffices; then everything that can go wrong
// with given fences. Exits with 1 when a space is too large to say.
#include <array>
#include <cstdio>
#include <exception>
#include <set>
#include <string>

#include "ring/fence_sets.h"

namespace {

using namespace kvtool;
using namespace kvtool::ring;
using explore::MemoryModel;

constexpr std::array kSizes = {TrafficSize{.slots = 1, .readers = 1, .messages = 2},
                               TrafficSize{.slots = 2, .readers = 1, .messages = 3},
                               TrafficSize{.slots = 1, .readers = 2, .messages = 2}};
constexpr std::array kModels = {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm};

std::string text(const TrafficSize& size) {
  return "R" + std::to_string(size.readers) + " S" + std::to_string(size.slots) + " L" +
         std::to_string(size.messages);
}

bool print_minimal_sets() {
  std::printf("| model | payload | size | minimal sets |\n|---|---|---|---|\n");
  for (const MemoryModel model : kModels)
    for (const PayloadUse use : {PayloadUse::parsed, PayloadUse::copied})
      for (const TrafficSize& size : kSizes) {
        const auto sets = minimal_fence_sets(kOrderingSites, model, size, use);
        if (!sets) {
          std::fprintf(stderr, "kvtool-ring-fences: %s under %s is too large\n", text(size).c_str(),
                       std::string(to_string(model)).c_str());
          return false;
        }
        std::string names;
        for (const FenceVerdict& set : *sets) names += (names.empty() ? "" : ", or ") + ring::text(set.sites);
        std::printf("| %s | %s | %s | %s |\n", std::string(to_string(model)).c_str(),
                    use == PayloadUse::copied ? "copied" : "parsed", text(size).c_str(), names.c_str());
        std::fflush(stdout);
      }
  return true;
}

bool print_failures() {
  struct Row {
    const char* name;
    ChosenFences fences;
  };
  constexpr Row kRows[] = {{"no fence", {}},
                           {"upstream, first", {.sites = kFirstUpstreamFences, .all_full = true}},
                           {"upstream, merged", {.sites = kUpstreamFences, .all_full = true}},
                           {"WF1 + WF2", {.sites = kPsoFences}},
                           {"all but RF2", {.sites = kPsoFences | at(FenceSite::before_payload)}},
                           {"minimal", {.sites = kArmFences}}};
  constexpr std::uint64_t kMost = 3'000'000;
  std::printf("\n| fences | messages | model | what can go wrong |\n|---|---|---|---|\n");
  for (const Row& row : kRows)
    for (const unsigned messages : {1U, 2U})
      for (const MemoryModel model : kModels) {
        const auto program = traffic_with(row.fences, {.messages = messages}, PayloadUse::copied);
        const auto failures = all_failures(*program, model, kMost);
        if (!failures) {
          std::fprintf(stderr, "kvtool-ring-fences: %s under %s is too large\n", row.name,
                       std::string(to_string(model)).c_str());
          return false;
        }
        std::string all;
        for (const std::string& failure : *failures) all += (all.empty() ? "" : "; ") + failure;
        std::printf("| %s | %u | %s | %s |\n", row.name, messages, std::string(to_string(model)).c_str(),
                    all.empty() ? "nothing" : all.c_str());
        std::fflush(stdout);
      }
  return true;
}

// Does anything freeze when nobody looks at what was read?
bool print_freezes() {
  std::printf("\n| fences | size | model | freezes |\n|---|---|---|---|\n");
  for (const ChosenFences fences : {ChosenFences{}, ChosenFences{.sites = kUpstreamFences, .all_full = true}})
    for (TrafficSize size : kSizes)
      for (const MemoryModel model : kModels) {
        size.checked = false;
        explore::ExploreOptions options;
        options.model = model;
        options.exhaustive_executions = 100'000'000;
        options.seconds = 300;
        const auto program = traffic_with(fences, size, PayloadUse::parsed);
        const explore::Exploration result = explore::explore(*program, options);
        if (result.conclusion != explore::Conclusion::proved && !result.failure) {
          std::fprintf(stderr, "kvtool-ring-fences: %s under %s is too large: %s\n", text(size).c_str(),
                       std::string(to_string(model)).c_str(), result.explanation.c_str());
          return false;
        }
        std::printf("| %s | %s | %s | %s |\n", fences.sites == kNoFences ? "none" : "upstream, merged",
                    text(size).c_str(), std::string(to_string(model)).c_str(),
                    result.failure ? std::string(to_string(result.failure->outcome)).c_str()
                                   : ("never: " + result.explanation).c_str());
        std::fflush(stdout);
      }
  return true;
}

}  // namespace

int main() {
  try {
    return print_freezes() && print_minimal_sets() && print_failures() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kvtool-ring-fences: %s\n", error.what());
    return 1;
  }
}
