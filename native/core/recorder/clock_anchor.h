// ClockAnchor: one pairing of the wall clock with the monotonic clock. Timestamps are the anchor's wall time
// plus monotonic time since, so a wall clock that is set back, or slewed, between START and END of a span
// cannot make the span negative.
#pragma once

#include <cstdint>

namespace kvtool {

struct ClockAnchor {
  std::uint64_t wall_ns = 0;
  std::uint64_t monotonic_ns = 0;

  // Reads both clocks. Several tries, keeping the one with the least time between the monotonic readings on
  // either side: one that was preempted in between would shift every timestamp by its pause.
  template <class Clock>
  static ClockAnchor take() {
    constexpr int kTries = 5;
    ClockAnchor best;
    std::uint64_t best_width = UINT64_MAX;
    for (int i = 0; i < kTries; ++i) {
      const std::uint64_t before = Clock::monotonic_ns();
      const std::uint64_t wall = Clock::wall_ns();
      const std::uint64_t width = Clock::monotonic_ns() - before;
      if (width >= best_width) continue;
      best = {wall, before + width / 2};
      best_width = width;
    }
    return best;
  }

  // Right for moments before the anchor as well: unsigned arithmetic wraps back.
  std::uint64_t timestamp(std::uint64_t at_monotonic_ns) const {
    return wall_ns + (at_monotonic_ns - monotonic_ns);
  }
};

}  // namespace kvtool
