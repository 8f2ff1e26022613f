// Reads the lock lines of a flight file (core/runtime/flight_layout.h) that another process may be writing,
// or that is cut short, damaged, or no flight file at all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

struct FlightReading {
  pid_t writer = 0;  // as the writer sees itself; 0 when the file could not be read
  std::vector<LockLine> lines;
  std::vector<std::string> lacks;
};

// `now_ns` is CLOCK_MONOTONIC, the clock of the file's own times.
FlightReading read_flight(const std::string& path, std::uint64_t now_ns);

}  // namespace kvtool::snapshot
