#include "addon/device_binding.h"

#include "addon/async.h"
#include "addon/flight_binding.h"

namespace kvtool::addon {

Napi::Function DeviceBinding::define(Napi::Env env) {
  return DefineClass(env, "SimDevice",
                     {InstanceMethod("createStream", &DeviceBinding::create_stream),
                      InstanceMethod("synchronizeStream", &DeviceBinding::synchronize_stream),
                      InstanceMethod("failLaunches", &DeviceBinding::fail_launches)});
}

DeviceBinding::DeviceBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DeviceBinding>(info) {
  guarded(info.Env(), [&] {
    SimOptions options;
    if (info[0].IsObject()) {
      flight_ = FlightBinding::Unwrap(info[0].As<Napi::Object>())->flight();
      options.flight = flight_.get();
    }
    const std::string name = info[1].As<Napi::String>();
    const auto model = find_driver_model(name);
    if (!model) throw std::runtime_error("unknown driver model " + name);
    options.model = *model;
    device_ = std::make_shared<SimDevice>(std::move(options));
  });
}

Napi::Value DeviceBinding::create_stream(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    StreamId stream{};
    if (const Status status = device_->create_stream(&stream); status != Status::ok)
      throw std::runtime_error("cannot create a stream: " + std::string(to_string(status)));
    return Napi::Number::New(info.Env(), static_cast<double>(stream));
  });
}

Napi::Value DeviceBinding::synchronize_stream(const Napi::CallbackInfo& info) {
  const StreamId stream{info[0].As<Napi::Number>().Uint32Value()};
  return run_async(info.Env(), flight_.get(), "synchronise", [device = device_, stream] {
    if (const Status status = device->synchronize_stream(stream); status != Status::ok)
      throw std::runtime_error("cannot synchronise: " + std::string(to_string(status)));
  });
}

void DeviceBinding::fail_launches(const Napi::CallbackInfo& info) {
  device_->inject_launch_failure({.every = info[0].As<Napi::Number>().Uint32Value()});
}

}  // namespace kvtool::addon
