// Events for tests, and the conservation laws that every recorder and bus must keep.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "core/recorder/bus_stats.h"
#include "core/recorder/event.h"
#include "core/recorder/recorder_stats.h"

namespace kvtool {

inline constexpr std::chrono::nanoseconds kNoWait{0};

inline Event make_event(std::string type, std::string session = "", Metadata metadata = {}) {
  return {.type = std::move(type), .session = std::move(session), .metadata = std::move(metadata)};
}

// True at every moment, whatever other threads do.
inline void expect_conserved(const RecorderStats& stats) {
  EXPECT_EQ(stats.scheduled, stats.drained + stats.pending + stats.in_flight + stats.discarded_late);
  EXPECT_EQ(stats.stamped, stats.drained + stats.pending);
  EXPECT_EQ(stats.capacity - stats.free_slots, stats.pending + stats.in_flight) << "slots leaked";
}

// True once a bus has stopped completely.
inline void expect_accounted(const BusStats& stats) {
  EXPECT_EQ(stats.published, stats.delivered + stats.unknown_type + stats.lost());
  EXPECT_EQ(stats.pending, 0u);
  EXPECT_EQ(stats.in_flight, 0u);
}

}  // namespace kvtool
