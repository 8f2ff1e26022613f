// The stub driver libraries (test/fixtures/gpu-stub), opened beside the device under test, with their
// controls.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/device/cuda/gpu_device.h"

namespace kvtool::cuda::test {

class StubDriver {
 public:
  explicit StubDriver(Vendor vendor)
      : vendor_(vendor),
        file_(std::string(KVTOOL_PROGRAMS "/libkvtool-stub-") +
              (vendor == Vendor::cuda ? "cuda.so" : "hip.so")),
        library_(dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    EXPECT_NE(library_, nullptr) << dlerror();
    control<void()>("reset")();
    before_ = alive();
  }
  ~StubDriver() {
    if (forgotten_) return;
    EXPECT_EQ(alive(), before_) << "streams, events, modules and allocations are left";
  }
  // Something had to be left.
  void forget() { forgotten_ = true; }

  void fail(const char* function, int result) { control<void(const char*, int)>("fail")(function, result); }
  void set(const char* what, int value) { control<void(const char*, int)>("set")(what, value); }
  int calls(const char* function) { return control<int(const char*)>("calls")(function); }
  int alive() { return control<int()>("alive")(); }
  const std::string& file() const { return file_; }

  // The kernels are known by their names there, whatever the image.
  GpuOptions options() const {
    return {
        .library = file_,
        .images = KernelImages{.hold = "image", .cold = "image", .cold_plain = "image", .transfer = "image"}};
  }
  std::unique_ptr<GpuDevice> open(GpuOptions options) const {
    if (vendor_ == Vendor::hip) return std::make_unique<HipDevice>(std::move(options));
    return std::make_unique<CudaDevice>(std::move(options));
  }
  std::unique_ptr<GpuDevice> open() const { return open(options()); }

 private:
  template <class Function>
  Function* control(const char* name) {
    return reinterpret_cast<Function*>(dlsym(library_, (std::string("kvtool_stub_") + name).c_str()));
  }

  const Vendor vendor_;
  const std::string file_;
  void* const library_;
  bool forgotten_ = false;
  int before_ = 0;
};

}  // namespace kvtool::cuda::test
