// How the host reads and writes a StampSlot that a GPU may be writing at the same time.
#pragma once

#include <atomic>

#include "core/device/stamp_slot.h"

namespace kvtool {

struct StampReading {
  std::uint64_t time;      // of the device's clock, ns; 0: cancelled
  std::uint64_t sequence;  // 0: nothing was stamped; see stamp_slot.h for what is half written
};

// Acquire and release: what came before the stamp happens before whoever read it. A GPU's store is no such
// release; there the order is that of the bus, and of the launch before it.
inline StampReading read_stamp(StampSlot& slot) {
  const std::uint64_t check = std::atomic_ref(slot.check).load(std::memory_order_acquire);
  const std::uint64_t time = std::atomic_ref(slot.time).load(std::memory_order_acquire);
  return {time, stamp_sequence(time, check)};
}

inline void write_stamp(StampSlot& slot, std::uint64_t time, std::uint64_t sequence) {
  std::atomic_ref(slot.time).store(time, std::memory_order_release);
  std::atomic_ref(slot.check).store(stamp_check(time, sequence), std::memory_order_release);
}

}  // namespace kvtool
