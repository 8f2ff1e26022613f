// What the NVIDIA driver tells of the GPUs of this machine: how busy each is, and with whose work. Through
// NVML, the library that nvidia-smi uses, which is opened at run time: nothing of it is needed to build or to
// start.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kvtool::snapshot {

struct GpuProcess {
  pid_t pid = 0;  // as the driver counts: in a container it may be that of the host
  std::optional<std::uint64_t> used_bytes = {};
};

struct Gpu {
  unsigned index = 0;
  std::string name = {};
  std::string uuid = {};
  // Share of the driver's last sampling period, at most a second, in which a kernel ran; absent e.g. under
  // MIG.
  std::optional<unsigned> busy_percent = {};
  std::optional<std::uint64_t> used_bytes = {};
  std::optional<std::uint64_t> total_bytes = {};
  std::vector<GpuProcess> processes = {};
};

struct GpuReading {
  std::vector<Gpu> gpus = {};
  std::string lack = {};  // why there is nothing, one sentence; empty when there is
};

// Calls into the driver and may hang with it: only for a process that can be killed. Not thread-safe.
GpuReading read_gpus(const char* library = "libnvidia-ml.so.1");

}  // namespace kvtool::snapshot
