#include "tools/transfer_bench/ways.h"

#include "core/device/cuda/gpu_device.h"
#include "core/transfer/device_cache.h"

namespace kvtool::bench {

std::vector<Way> ways_of(Device& device) {
  auto* const gpu = dynamic_cast<GpuDevice*>(&device);
  if (gpu == nullptr)
    return {{"reference", [](const transfer::Plan&) { return true; },
             [&device](StreamId stream, const transfer::Plan& plan) {
               return device.launch_transfer(stream, plan);
             }}};
  const cuda::TransferKernels* kernels = nullptr;
  transfer::require(device, gpu->transfer_kernels(&kernels), "load the transfer kernels");
  const auto way = [&](const char* name, cuda::TransferKernel kernel) {
    return Way{name,
               [kernel](const transfer::Plan& plan) { return cuda::TransferKernels::can_run(kernel, plan); },
               [gpu, kernel](StreamId stream, const transfer::Plan& plan) {
                 return gpu->launch_transfer(stream, plan, kernel);
               }};
  };
  return {way("tiled", cuda::TransferKernel::tiled), way("baseline", cuda::TransferKernel::baseline)};
}

}  // namespace kvtool::bench
