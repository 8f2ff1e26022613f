#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "addon/classes.h"
#include "addon/js_queue.h"
#include "core/device/sim/sim_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::addon {

using Bus = EventBus<RealRuntime>;

// JavaScript class EventBus (src/native.ts: NativeEventBus).
class BusBinding : public Napi::ObjectWrap<BusBinding> {
 public:
  static Napi::Function define(Napi::Env env);
  // new EventBus(device, capacity). `from` makes one round a bus that something else owns.
  explicit BusBinding(const Napi::CallbackInfo& info);
  static Napi::Object from(Napi::Env env, std::shared_ptr<Bus> bus);

 private:
  void declare(const Napi::CallbackInfo& info);
  void subscribe(const Napi::CallbackInfo& info);
  void start(const Napi::CallbackInfo& info);
  Napi::Value publish(const Napi::CallbackInfo& info);
  Napi::Value publish_on_stream(const Napi::CallbackInfo& info);
  void use_stamps(const Napi::CallbackInfo& info);
  Napi::Value publish_stamped(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);

  void deliver(std::size_t subscriber, const Event& event);  // JS thread

  std::shared_ptr<SimDevice> device_;  // outlives the bus; empty when something else owns both
  // Events and the end of stop() go through one queue, so stop() settles after the last event was delivered.
  std::shared_ptr<JsQueue> queue_;
  std::vector<Napi::FunctionReference> subscribers_;  // JS thread only
  std::uint64_t threw_ = 0;                           // JS thread only
  std::shared_ptr<Bus> bus_;
};

}  // namespace kvtool::addon
