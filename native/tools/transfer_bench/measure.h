// What a GPU's transfers reach, beside what its copies reach.
#pragma once

#include <nlohmann/json.hpp>

#include "core/device/cuda/gpu_device.h"

namespace kvtool::bench {

struct MeasureOptions {
  unsigned rounds = 25;  // of each figure; the median is told
  unsigned repeats = 4;  // transfers of one round, back to back
};

// Figures in GB/s of the transfer's bytes; for transfers inside of the device, read and written, twice those.
nlohmann::ordered_json measure(GpuDevice& device, const MeasureOptions& options);

}  // namespace kvtool::bench
