// Every kernel, format, direction, dtype and skip against what the positions say must come out.
#pragma once

#include <nlohmann/json.hpp>

#include "core/device/device.h"

namespace kvtool::bench {

// {"cases": 5120, "by": {"vector": 1920, ...}, "failures": ["..."]}; at most 20 failures are told.
nlohmann::ordered_json self_test(Device& device);

}  // namespace kvtool::bench
