// How well a device's clock is told in the host's: what the StampClock states, against fresh brackets.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/device/device.h"

namespace kvtool::stamp_bench {

// Compares the clocks every `period` for `duration`. Before each comparison its brackets are an examination:
// each stamp's told time, give or take the stated error, must meet the bracket that it was made in.
nlohmann::ordered_json measure_clock(Device& device, std::chrono::nanoseconds duration,
                                     std::chrono::nanoseconds period);

// Events through a bus by host functions and by stamps: the cost of publishing, the way to the subscriber,
// and the stated error. One event at a time, on a stream without other work.
nlohmann::ordered_json measure_bus(Device& device, unsigned events);

}  // namespace kvtool::stamp_bench
