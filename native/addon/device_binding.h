#pragma once

#include <napi.h>

#include <memory>

#include "addon/classes.h"
#include "core/device/sim/sim_device.h"
#include "core/runtime/flight.h"

namespace kvtool::addon {

// JavaScript class SimDevice (src/native.ts: NativeDevice).
class DeviceBinding : public Napi::ObjectWrap<DeviceBinding> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit DeviceBinding(const Napi::CallbackInfo& info);

  std::shared_ptr<SimDevice> device() const { return device_; }

 private:
  Napi::Value create_stream(const Napi::CallbackInfo& info);
  Napi::Value synchronize_stream(const Napi::CallbackInfo& info);
  void fail_launches(const Napi::CallbackInfo& info);

  std::shared_ptr<Flight> flight_;  // before the device, which writes to it
  std::shared_ptr<SimDevice> device_;
};

}  // namespace kvtool::addon
