// Context: a device of the driver, made current on demand, from cuInit to the release.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/device/cuda/driver_errors.h"
#include "core/device/cuda/driver_library.h"

namespace kvtool::cuda {

class Context {
 public:
  struct Options {
    int ordinal = 0;
    // A context beside the device's primary one, with a host-function executor of its own.
    bool own = false;
    // Called before each call that the constructor makes, so that a driver which does not answer can be
    // named.
    std::function<void(std::string_view call)> on_step;
  };

  // Throws DeviceUnavailable with the call that failed.
  Context(DriverLibrary driver, const Options& options);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  // REQUIRES: no call in progress, and everything that was made in the context is gone.
  ~Context();

  const DriverApi& api() const { return driver_.api; }
  Vendor vendor() const { return driver_.vendor; }
  DriverErrors& errors() const { return errors_; }
  // "NVIDIA H200, driver 580.159.04, CUDA 13.0".
  const std::string& description() const { return description_; }

  // Makes it the calling thread's context. Costs the driver a call only when another one was current before.
  Status bind() const;
  // Makes it current in any case: cudaSetDevice.
  Status rebind() const;

  // Calls `function` in this context; `doing` is what for, for the error's text.
  template <class... Parameters, class... Arguments>
  Status call(const DriverFunction<Parameters...>& function, const char* doing,
              Arguments... arguments) const {
    if (const Status bound = bind(); bound != Status::ok) return bound;
    if (!function) return Status::not_supported;
    return errors_.check(function.name, function.call(arguments...), doing);
  }

 private:
  template <class... Parameters, class... Arguments>
  void require(const DriverFunction<Parameters...>& function, const Options& options, const char* doing,
               Arguments... arguments);
  void require_version(const Options& options);
  void require_device(const Options& options);

  const DriverLibrary driver_;
  mutable DriverErrors errors_{driver_.api};
  const std::uint64_t id_;  // never used twice in a process, unlike the handle
  const bool own_;
  int device_ = 0;
  int version_ = 0;  // 13000 for CUDA 13.0
  Handle handle_ = nullptr;
  std::string description_;
};

}  // namespace kvtool::cuda
