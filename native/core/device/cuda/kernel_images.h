// KernelImages: the compiled GPU kernels (native/cuda/*.cu) as bytes. Empty where kvtool was built without
// nvcc.
#pragma once

#include <string_view>

namespace kvtool::cuda {

struct KernelImages {
  std::string_view hold;        // kvtool_empty, kvtool_hold, kvtool_stamp, kvtool_stamp_next
  std::string_view cold;        // kvtool_cold_large_variable, kvtool_cold_local_memory, kvtool_cold_prints
  std::string_view cold_plain;  // kvtool_cold_plain
  std::string_view transfer;    // kvtool_transfer_*; a device works without them but for transfers

  bool complete() const { return !hold.empty() && !cold.empty() && !cold_plain.empty(); }
};

// Those that this build embeds; they live as long as the program.
KernelImages embedded_images();

}  // namespace kvtool::cuda
