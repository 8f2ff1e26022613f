// DriverLibrary: the opened driver library and its table of calls.
#pragma once

#include <string>

#include "core/device/cuda/driver_api.h"

namespace kvtool::cuda {

enum class Vendor { cuda, hip };

// Stays open until the program ends: drivers start threads that would lose their code.
struct DriverLibrary {
  Vendor vendor = Vendor::cuda;
  std::string file;
  DriverApi api;
};

// Opens the library: `file`, or where that is empty what KVTOOL_CUDA_LIBRARY (KVTOOL_HIP_LIBRARY) names, or
// libcuda.so.1 (libamdhip64.so). Throws DeviceUnavailable when there is none or it is too old. Calls nothing
// in it.
DriverLibrary open_driver(Vendor vendor, const std::string& file = "");

}  // namespace kvtool::cuda
