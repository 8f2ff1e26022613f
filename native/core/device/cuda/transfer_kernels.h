// TransferKernels: the GPU kernels of KV transfers (native/cuda/transfer.cu), and how they are launched.
#pragma once

#include <memory>
#include <string_view>

#include "core/device/cuda/context.h"
#include "core/device/cuda/modules.h"
#include "core/transfer/plan.h"

namespace kvtool::cuda {

enum class TransferKernel {
  tiled,     // the widest unit that fits, a block for several tokens; runs every plan
  baseline,  // 8 bytes a thread, a block for each token, layer, and K or V: what the benchmark compares with
};

// Safe from any thread.
class TransferKernels {
 public:
  // Loads the module, which waits until the device is idle. `image` must outlive the kernels; so must
  // `context`.
  static Status load(const Context& context, std::string_view image, std::unique_ptr<TransferKernels>* out);

  static bool can_run(TransferKernel kernel, const transfer::Plan& plan) {
    return kernel == TransferKernel::tiled || plan.unit >= 8;
  }
  // The plan's addresses are the device's. A plan that no grid can have is an invalid_value.
  Status launch(const transfer::Plan& plan, Handle stream,
                TransferKernel kernel = TransferKernel::tiled) const;

 private:
  explicit TransferKernels(const Context& context) : context_(context) {}
  Status find_all();
  Status launch_tiled(const transfer::Plan& plan, Handle stream) const;
  Status launch_baseline(const transfer::Plan& plan, Handle stream) const;

  static constexpr int kUnits = 5;  // 1, 2, 4, 8, 16 bytes

  const Context& context_;
  Module module_;
  // By direction (to_pages, to_buffer); tiled ones by unit and by whether heads are apart, too.
  Handle tiled_[2][kUnits][2] = {};
  Handle baseline_[2] = {};
};

}  // namespace kvtool::cuda
