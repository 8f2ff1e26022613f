// Events of a CUDA graph that is launched again and again: do all of them come through the recorder.
#pragma once

#include <nlohmann/json.hpp>

#include "core/device/cuda/gpu_device.h"

namespace kvtool::stamp_bench {

// Captures a graph of `events` stamps and launches it `launches` times. Throws std::runtime_error with what
// the device said.
nlohmann::ordered_json measure_graph_events(CudaDevice& device, unsigned events, unsigned launches);

}  // namespace kvtool::stamp_bench
