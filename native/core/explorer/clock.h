// VectorClock: who has seen how much of whom. 16-bit counters: an execution has at most 32,767 steps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kvtool::explore {

template <std::size_t N>
struct VectorClock {
  alignas(32) std::array<std::int16_t, N> seen{};

  void join(const VectorClock& other) {
    for (std::size_t i = 0; i < N; ++i) seen[i] = seen[i] < other.seen[i] ? other.seen[i] : seen[i];
  }
  std::int16_t& operator[](std::size_t i) { return seen[i]; }
  std::int16_t operator[](std::size_t i) const { return seen[i]; }
};

}  // namespace kvtool::explore
