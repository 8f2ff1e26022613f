// What the scenarios of the ring's fences have in common.
#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "ring/actors.h"

namespace kvtool::ring {

inline TrafficSize size_of(const explore::Parameters& p) {
  return {.slots = static_cast<unsigned>(p.at("slots")),
          .readers = static_cast<unsigned>(p.at("readers")),
          .messages = static_cast<unsigned>(p.at("messages"))};
}

inline std::vector<explore::ParameterSpec> size_parameters(unsigned slots, unsigned readers,
                                                           unsigned messages) {
  return {{.name = "slots", .standard = slots, .least = 1, .most = 4, .what = "slots of the ring"},
          {.name = "readers", .standard = readers, .least = 1, .most = 4, .what = "readers"},
          {.name = "messages", .standard = messages, .least = 1, .most = 100'000, .what = "messages"}};
}

template <class Rt, FenceSites sites, bool full, PayloadUse use = PayloadUse::parsed>
explore::ProgramFactory traffic() {
  return explore::factory<Traffic<Rt, FencesAt<sites, full>, use>>(
      [](const explore::Parameters& p) { return std::tuple(size_of(p)); });
}

// A variant that fails as `expect` says where `models` may reorder what its fences leave open. For real it
// needs such a processor as well: on x86-64 it never shows.
template <FenceSites sites, bool full = false, PayloadUse use = PayloadUse::parsed>
explore::Variant fenced(std::string name, std::string what, explore::Expectation expect = {},
                        std::vector<explore::MemoryModel> models = {}) {
  const bool fails = expect.outcome != explore::Outcome::ok;
  return {.name = std::move(name),
          .what = std::move(what),
          .expect = std::move(expect),
          .models = std::move(models),
          .model = traffic<ModelRuntime, sites, full, use>(),
          .real = traffic<RealRuntime, sites, full, use>(),
          .real_may_not_show = fails};
}

}  // namespace kvtool::ring
