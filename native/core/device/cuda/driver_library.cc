#include "core/device/cuda/driver_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "core/device/device_unavailable.h"

namespace kvtool::cuda {
namespace {

struct VendorFacts {
  const char* variable;
  const char* file;
  const char* install;
};

VendorFacts facts_of(Vendor vendor) {
  if (vendor == Vendor::hip) return {"KVTOOL_HIP_LIBRARY", "libamdhip64.so", "install ROCm 6 or later"};
  return {"KVTOOL_CUDA_LIBRARY", "libcuda.so.1",
          "run where the NVIDIA driver is installed (in a container: with --gpus all)"};
}

template <class... Parameters>
void resolve(void* library, const char* name, DriverFunction<Parameters...>& function,
             std::vector<const char*>& missing) {
  if (name == nullptr) return;
  function.name = name;
  // POSIX: an object pointer from dlsym() may be converted to a function pointer.
  function.call = reinterpret_cast<Result (*)(Parameters...)>(dlsym(library, name));
  if (function.call == nullptr) missing.push_back(name);
}

}  // namespace

DriverLibrary open_driver(Vendor vendor, const std::string& file) {
  const VendorFacts facts = facts_of(vendor);
  const char* const chosen = std::getenv(facts.variable);
  DriverLibrary driver{.vendor = vendor, .file = file, .api = {}};
  if (driver.file.empty()) driver.file = chosen != nullptr && *chosen != '\0' ? chosen : facts.file;

  void* const library = dlopen(driver.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = dlerror();
    throw DeviceUnavailable("no GPU driver: dlopen: " + std::string(why == nullptr ? driver.file : why),
                            facts.install);
  }
  std::vector<const char*> missing;
  const bool is_cuda = vendor == Vendor::cuda;
#define KVTOOL_RESOLVE(member, cuda, hip, ...) \
  resolve(library, is_cuda ? cuda : hip, driver.api.member, missing);
  KVTOOL_DRIVER_CALLS(KVTOOL_RESOLVE)
#undef KVTOOL_RESOLVE
  if (missing.empty()) return driver;
  throw DeviceUnavailable(
      "the GPU driver is too old: " + driver.file + " has no " + missing.front(),
      is_cuda ? "install a driver for CUDA 12.0 or later (525 or later)" : "install ROCm 6 or later");
}

}  // namespace kvtool::cuda
