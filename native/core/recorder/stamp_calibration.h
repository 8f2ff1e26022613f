// Calibration: the brackets that a StampClock needs, made on a stream of their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/stamp_clock.h"

namespace kvtool {

// Stamps `count` times on `stream`, each between two readings of CLOCK_MONOTONIC, and waits for each by
// looking at `slot` (pinned memory, nobody else's). `*sequence` is the last number used there.
//
// ok: `*out` has the brackets. not_ready: a stamp was not made within `limit`, because the device is busy or
// stuck; what was made before is in `*out`, and the slot must not be used again before it was stamped
// (`*sequence` in it). Otherwise what the device said. The only call of the device is Device::stamp.
Status make_brackets(Device& device, StreamId stream, StampSlot& slot, std::uint64_t* sequence,
                     std::size_t count, std::chrono::nanoseconds limit, std::vector<ClockBracket>* out);

}  // namespace kvtool
