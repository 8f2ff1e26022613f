#include "core/snapshot/gpus.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <memory>

namespace kvtool::snapshot {
namespace {

// The few declarations of nvml.h (driver 450 and later) that are used. They are a stable ABI: what changes
// gets a new suffix.
using Device = void*;
constexpr int kSuccess = 0;
constexpr int kTooSmall = 7;  // NVML_ERROR_INSUFFICIENT_SIZE
constexpr unsigned long long kNotAvailable = ~0ull;
constexpr unsigned kMostGpus = 64;
constexpr unsigned kMostProcesses = 1024;

struct Utilization {
  unsigned gpu, memory;
};
struct MemoryInfo {
  unsigned long long total, free, used;
};
struct ProcessInfo {
  unsigned pid;
  unsigned long long used;
  unsigned gpu_instance, compute_instance;
};

class Nvml {
 public:
  explicit Nvml(const char* library) : library_(dlopen(library, RTLD_NOW | RTLD_LOCAL), dlclose) {}
  bool present() const { return library_ != nullptr; }

  // NVML_ERROR_FUNCTION_NOT_FOUND where an older driver lacks it.
  template <typename... Parameters>
  int call(const char* name, Parameters... parameters) const {
    constexpr int kNotFound = 13;
    void* const function = dlsym(library_.get(), name);
    if (function == nullptr) return kNotFound;
    return reinterpret_cast<int (*)(Parameters...)>(function)(parameters...);
  }

 private:
  // Never null where it is deleted: unique_ptr does not call the deleter for nullptr.
  std::unique_ptr<void, int (*)(void*)> library_;
};

using Text = std::array<char, 96>;  // NVML_DEVICE_UUID_V2_BUFFER_SIZE; names are no longer

std::string text_of(const Nvml& nvml, const char* function, Device device) {
  Text text{};
  if (nvml.call(function, device, text.data(), static_cast<unsigned>(text.size() - 1)) != kSuccess) return {};
  return text.data();
}

std::vector<GpuProcess> processes_on(const Nvml& nvml, Device device) {
  constexpr const char* kFunction = "nvmlDeviceGetComputeRunningProcesses_v3";
  unsigned count = 0;
  int result = nvml.call(kFunction, device, &count, static_cast<ProcessInfo*>(nullptr));
  if (result != kTooSmall) return {};
  count = std::min(count + 16, kMostProcesses);  // some more may start meanwhile
  std::vector<ProcessInfo> found(count);
  result = nvml.call(kFunction, device, &count, found.data());
  if (result != kSuccess) return {};
  std::vector<GpuProcess> processes;
  for (unsigned i = 0; i < std::min<std::size_t>(count, found.size()); ++i) {
    GpuProcess& process = processes.emplace_back();
    process.pid = static_cast<pid_t>(found[i].pid);
    if (found[i].used != kNotAvailable) process.used_bytes = found[i].used;
  }
  return processes;
}

Gpu read_gpu(const Nvml& nvml, unsigned index, Device device) {
  Gpu gpu;
  gpu.index = index;
  gpu.name = text_of(nvml, "nvmlDeviceGetName", device);
  gpu.uuid = text_of(nvml, "nvmlDeviceGetUUID", device);
  Utilization busy{};
  if (nvml.call("nvmlDeviceGetUtilizationRates", device, &busy) == kSuccess) gpu.busy_percent = busy.gpu;
  MemoryInfo memory{};
  if (nvml.call("nvmlDeviceGetMemoryInfo", device, &memory) == kSuccess) {
    gpu.used_bytes = memory.used;
    gpu.total_bytes = memory.total;
  }
  gpu.processes = processes_on(nvml, device);
  return gpu;
}

}  // namespace

GpuReading read_gpus(const char* library) {
  const Nvml nvml(library);
  if (!nvml.present())
    return {.lack = "No GPU readings: " + std::string(library) + " is not on this machine."};
  if (const int error = nvml.call("nvmlInit_v2"); error != kSuccess)
    return {.lack =
                "No GPU readings: NVML did not start (nvmlInit_v2 returned " + std::to_string(error) + ")."};
  GpuReading reading;
  unsigned count = 0;
  if (nvml.call("nvmlDeviceGetCount_v2", &count) == kSuccess) {
    for (unsigned index = 0; index < std::min(count, kMostGpus); ++index) {
      Device device = nullptr;
      if (nvml.call("nvmlDeviceGetHandleByIndex_v2", index, &device) == kSuccess)
        reading.gpus.push_back(read_gpu(nvml, index, device));
    }
  }
  nvml.call("nvmlShutdown");
  if (reading.gpus.empty()) reading.lack = "No GPU readings: NVML knows no GPU.";
  return reading;
}

}  // namespace kvtool::snapshot
