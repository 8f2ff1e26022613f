#include "core/runtime/real_clock.h"

#include <time.h>

#include "core/runtime/flight.h"

namespace kvtool {

std::uint64_t RealClock::monotonic_ns() { return kvtool::monotonic_ns(); }

std::uint64_t RealClock::wall_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace kvtool
