// RealClock: the two clocks a runtime policy offers, in nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace kvtool {

struct RealClock {
  static std::uint64_t monotonic_ns();  // CLOCK_MONOTONIC: never goes back, deadlines and latencies are in it
  static std::uint64_t wall_ns();       // CLOCK_REALTIME since 1970: may step either way
};

// A wait without a limit.
inline constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();

// The moment on `Clock`'s monotonic scale at which `timeout` has passed; at most 2^63 - 1, which steady_clock
// holds.
template <class Clock>
std::uint64_t deadline_after(std::chrono::nanoseconds timeout) {
  constexpr std::uint64_t kLatest = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t now = Clock::monotonic_ns();
  const auto wanted = static_cast<std::uint64_t>(timeout.count() < 0 ? 0 : timeout.count());
  return wanted > kLatest - now ? kLatest : now + wanted;
}

}  // namespace kvtool
