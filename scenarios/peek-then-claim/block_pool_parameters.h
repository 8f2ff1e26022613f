// The parameters of the block-pool scenarios.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "core/explorer/catalog.h"

namespace kvtool::block_pool {

inline std::vector<explore::ParameterSpec> parameters() {
  return {{.name = "primary", .standard = 1, .least = 1, .most = 8, .what = "blocks in device memory"},
          {.name = "secondary", .standard = 1, .least = 1, .most = 8, .what = "blocks in host memory"},
          {.name = "rounds", .standard = 1, .least = 1, .most = 1000, .what = "operations of each actor"}};
}

// What BlockPool's constructor takes.
inline std::tuple<std::uint32_t, std::uint32_t, std::uint32_t> sizes(const explore::Parameters& p) {
  return {static_cast<std::uint32_t>(p.at("primary")), static_cast<std::uint32_t>(p.at("secondary")),
          static_cast<std::uint32_t>(p.at("rounds"))};
}

template <class State>
explore::ProgramFactory with() {
  return explore::factory<State>([](const explore::Parameters& p) { return sizes(p); });
}

}  // namespace kvtool::block_pool
