// Module: kernels of one image. Registered at first; the driver loads them at the first launch (lazy
// loading).
#pragma once

#include <string_view>

#include "core/device/cuda/context.h"

namespace kvtool::cuda {

class Module {
 public:
  // `image` must outlive the module. CUDA registers it and loads nothing; HIP loads it at once.
  static Status create(const Context& context, std::string_view image, const char* kernel, Module* out);

  Module() = default;
  Module(Module&& other) noexcept;
  Module& operator=(Module&& other) noexcept;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();

  // Another kernel of the same image.
  Status find(const char* kernel, Handle* out) const;

  // What launch() takes.
  Handle kernel() const { return kernel_; }
  // Asks for an attribute. REQUIRES: it was launched before, or this loads it.
  Status read_registers(int* out) const;

 private:
  const Context* context_ = nullptr;
  Handle image_ = nullptr;
  Handle kernel_ = nullptr;
};

}  // namespace kvtool::cuda
