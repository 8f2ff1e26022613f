#include "core/device/cuda/context.h"

#include <array>
#include <atomic>
#include <fstream>
#include <utility>

#include "core/device/device_unavailable.h"

namespace kvtool::cuda {
namespace {

// cuLibraryLoadData, with which a module can be registered and loaded later, came with CUDA 12.0.
constexpr int kOldestCuda = 12000;

// The context that the calling thread made current through here. A thread that changes it behind our back, by
// calls of its own, must put it back: the same rule that the driver's users have among themselves.
thread_local std::uint64_t bound_context = 0;

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};  // relaxed: only the numbers' difference counts
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// 13000 is "13.0".
std::string cuda_version(int version) {
  return std::to_string(version / 1000).append(".").append(std::to_string(version % 1000 / 10));
}

// The kernel module's version, which cuDriverGetVersion does not tell; empty where it cannot be read.
std::string module_version(Vendor vendor) {
  std::ifstream file(vendor == Vendor::cuda ? "/sys/module/nvidia/version" : "/sys/module/amdgpu/version");
  std::string version;
  std::getline(file, version);
  return version;
}

}  // namespace

template <class... Parameters, class... Arguments>
void Context::require(const DriverFunction<Parameters...>& function, const Options& options,
                      const char* doing, Arguments... arguments) {
  if (options.on_step) options.on_step(function.name);
  const Result result = function.call(arguments...);
  if (result == 0) return;
  throw DeviceUnavailable(
      std::string(function.name).append(": ").append(error_text(api(), result)).append(", to ").append(doing),
      advice_for(result));
}

Context::Context(DriverLibrary driver, const Options& options)
    : driver_(std::move(driver)), id_(next_id()), own_(options.own) {
  require(api().init, options, "start the driver", 0u);
  require_version(options);
  require_device(options);
  if (own_)
    require(api().context_create, options, "make a context", &handle_, 0u, device_);
  else
    require(api().primary_retain, options, "get the device's primary context", &handle_, device_);
  // With it a later failure of the constructor's caller finds the context current, as every call does.
  require(api().set_current, options, "make the context current", handle_);
  bound_context = id_;
}

void Context::require_version(const Options& options) {
  require(api().driver_version, options, "learn the driver's version", &version_);
  if (driver_.vendor != Vendor::cuda || version_ >= kOldestCuda) return;
  const std::string module = module_version(driver_.vendor);
  throw DeviceUnavailable("the GPU driver is too old: found CUDA " + cuda_version(version_) +
                              (module.empty() ? "" : " (driver " + module + ")") + ", expected CUDA " +
                              cuda_version(kOldestCuda) + " or later",
                          "install driver 525 or later");
}

void Context::require_device(const Options& options) {
  int count = 0;
  require(api().device_count, options, "count the devices", &count);
  if (options.ordinal >= count)
    throw DeviceUnavailable(std::string(api().device_count.name) + ": found " + std::to_string(count) +
                                (count == 1 ? " device" : " devices") + ", expected more than " +
                                std::to_string(options.ordinal),
                            advice_for(100));
  require(api().device_get, options, "get the device", &device_, options.ordinal);
  std::array<char, 256> name{};
  require(api().device_name, options, "learn the device's name", name.data(), static_cast<int>(name.size()),
          device_);
  description_ = name.data();
  if (const std::string module = module_version(driver_.vendor); !module.empty())
    description_.append(", driver ").append(module);
  description_.append(driver_.vendor == Vendor::cuda ? ", CUDA " + cuda_version(version_)
                                                     : ", HIP " + std::to_string(version_));
}

Context::~Context() {
  // A broken context refuses to go; there is nobody left to tell.
  if (own_)
    (void)api().context_destroy.call(handle_);
  else
    (void)api().primary_release.call(device_);
}

Status Context::bind() const { return bound_context == id_ ? Status::ok : rebind(); }

Status Context::rebind() const {
  const auto& set_current = api().set_current;
  const Status status =
      errors_.check(set_current.name, set_current.call(handle_), "make the context current");
  if (status == Status::ok) bound_context = id_;
  return status;
}

}  // namespace kvtool::cuda
