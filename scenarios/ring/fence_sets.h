// Which sets of fences does the ring need? Answered by exploring the traffic under each subset of the sites.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/explorer/explorer.h"
#include "core/explorer/search.h"
#include "core/runtime/model_runtime.h"
#include "ring/actors.h"

namespace kvtool::ring {

inline std::unique_ptr<explore::Program> traffic_with(ChosenFences fences, TrafficSize size, PayloadUse use) {
  using explore::ProgramOf;
  if (use == PayloadUse::copied)
    return std::make_unique<
        ProgramOf<Traffic<ModelRuntime, ChosenFences, PayloadUse::copied>, TrafficSize, ChosenFences>>(
        size, fences);
  return std::make_unique<
      ProgramOf<Traffic<ModelRuntime, ChosenFences, PayloadUse::parsed>, TrafficSize, ChosenFences>>(size,
                                                                                                     fences);
}

struct FenceVerdict {
  FenceSites sites = kNoFences;
  bool suffices = false;
  std::string failure;       // how it fails, if it does not suffice
  std::uint64_t states = 0;  // of the proof, if the cached search gave it
};

// Every subset of `candidates` that suffices while none of its own subsets does; smaller ones first. Nothing
// when a subset could be neither refuted nor proved in `seconds`.
inline std::optional<std::vector<FenceVerdict>> minimal_fence_sets(std::span<const NamedFenceSite> candidates,
                                                                   explore::MemoryModel model,
                                                                   TrafficSize size, PayloadUse use,
                                                                   double seconds = 60) {
  std::vector<FenceVerdict> minimal;
  for (unsigned wanted = 0; wanted <= candidates.size(); ++wanted)
    for (unsigned subset = 0; subset < 1U << candidates.size(); ++subset) {
      if (explore::count(subset) != wanted) continue;
      FenceSites sites = kNoFences;
      for (unsigned i = 0; i < candidates.size(); ++i)
        if ((subset >> i & 1U) != 0) sites |= at(candidates[i].site);
      bool known = false;
      for (const FenceVerdict& smaller : minimal) known |= (smaller.sites & sites) == smaller.sites;
      if (known) continue;
      explore::ExploreOptions options;
      options.model = model;
      options.seconds = seconds;
      options.minimise = false;
      const auto program = traffic_with({.sites = sites}, size, use);
      const explore::Exploration result = explore::explore(*program, options);
      if (result.conclusion == explore::Conclusion::failed) continue;
      if (result.conclusion != explore::Conclusion::proved) return std::nullopt;
      minimal.push_back({.sites = sites, .suffices = true, .failure = {}, .states = result.states});
    }
  return minimal;
}

// Everything that can go wrong in the whole space, not only what is met first. Nothing when the space has
// more than `executions`.
inline std::optional<std::set<std::string>> all_failures(explore::Program& program,
                                                         explore::MemoryModel model,
                                                         std::uint64_t executions) {
  explore::World world(model);
  world.set_hashed(true);
  explore::CachedSearch search;
  std::set<std::string> failures;
  for (std::uint64_t i = 0; i < executions; ++i) {
    const explore::Outcome outcome = world.run(program, search);
    if (explore::is_failure(outcome))
      failures.insert(world.message().empty() ? std::string(to_string(outcome)) : world.message());
    if (!search.next(world)) return failures;
  }
  return std::nullopt;
}

// "WF1 + WF2", or "none".
inline std::string text(FenceSites sites) {
  std::string names;
  for (const NamedFenceSite& candidate : kOrderingSites)
    if ((sites & at(candidate.site)) != 0)
      names += (names.empty() ? "" : " + ") + std::string(candidate.name);
  return names.empty() ? "none" : names;
}

}  // namespace kvtool::ring
