#include "core/device/cuda/modules.h"

#include <utility>

namespace kvtool::cuda {

Status Module::create(const Context& context, std::string_view image, const char* kernel, Module* out) {
  const DriverApi& api = context.api();
  Module made;
  made.context_ = &context;
  const Status loaded = api.library_load
                            ? context.call(api.library_load, "register a module", &made.image_, image.data(),
                                           nullptr, nullptr, 0u, nullptr, nullptr, 0u)
                            : context.call(api.module_load, "load a module", &made.image_, image.data());
  if (loaded != Status::ok) return loaded;
  if (const Status found = made.find(kernel, &made.kernel_); found != Status::ok) return found;
  *out = std::move(made);
  return Status::ok;
}

Module::Module(Module&& other) noexcept { *this = std::move(other); }

Module& Module::operator=(Module&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(image_, other.image_);
  std::swap(kernel_, other.kernel_);
  return *this;
}

Module::~Module() {
  if (image_ == nullptr) return;
  const DriverApi& api = context_->api();
  if (api.library_unload)
    (void)context_->call(api.library_unload, "unload a module", image_);
  else
    (void)context_->call(api.module_unload, "unload a module", image_);
}

Status Module::find(const char* kernel, Handle* out) const {
  const DriverApi& api = context_->api();
  if (api.library_kernel) return context_->call(api.library_kernel, "find a kernel", out, image_, kernel);
  return context_->call(api.module_function, "find a kernel", out, image_, kernel);
}

Status Module::read_registers(int* out) const {
  const DriverApi& api = context_->api();
  Handle function = kernel_;
  if (api.kernel_function) {
    const Status status = context_->call(api.kernel_function, "get a kernel's function", &function, kernel_);
    if (status != Status::ok) return status;
  }
  return context_->call(api.function_attribute, "read a kernel's attribute", out, kFunctionRegisters,
                        function);
}

}  // namespace kvtool::cuda
