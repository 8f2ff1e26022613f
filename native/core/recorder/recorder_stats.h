// What a recorder counts. Every event that was ever offered is in exactly one place:
//
//   scheduled             = drained + pending + in_flight + discarded_late
//   stamped               = drained + pending
//   capacity - free_slots = pending + in_flight
//
// in every snapshot, and what was offered but not scheduled is in refused_full, refused_closed or
// launch_failed.
#pragma once

#include <cstdint>

namespace kvtool {

struct RecorderStats {
  // Accepted: host events, and launches that the device took. A launch that has not returned yet counts as
  // well, and is taken back out if it fails.
  std::uint64_t scheduled = 0;
  std::uint64_t stamped = 0;       // given their timestamps: host events, and host functions that ran in time
  std::uint64_t drained = 0;       // handed out
  std::uint64_t pending = 0;       // stamped and not yet handed out
  std::uint64_t in_flight = 0;     // the host function has not run yet
  std::uint64_t refused_full = 0;  // all slots were in use
  std::uint64_t refused_closed = 0;  // offered after close()
  std::uint64_t launch_failed = 0;   // the device refused the host function
  std::uint64_t discarded_late = 0;  // the host function ran after close() had given up on it
  std::uint64_t free_slots = 0;
  std::uint64_t capacity = 0;
};

}  // namespace kvtool
