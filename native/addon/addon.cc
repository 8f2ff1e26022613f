// kvtool.node. Conversions only; what the classes do is in native/core and scenarios/.
#include <napi.h>
#include <unistd.h>

#include "addon/bus_binding.h"
#include "addon/device_binding.h"
#include "addon/flight_binding.h"
#include "addon/gil_hostfunc_binding.h"

namespace kvtool::addon {

// Ends the process at once, without finalizers: they would wait for device threads that a failed run left
// blocked.
void exit_now(const Napi::CallbackInfo& info) { _exit(info[0].As<Napi::Number>().Int32Value()); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* classes = new Classes();  // NOLINT(cppcoreguidelines-owning-memory): freed by the environment
  env.SetInstanceData(classes);
  const auto define = [&](const char* name, Napi::FunctionReference& slot, Napi::Function constructor) {
    slot = Napi::Persistent(constructor);
    exports.Set(name, constructor);
  };
  define("Flight", classes->flight, FlightBinding::define(env));
  define("SimDevice", classes->device, DeviceBinding::define(env));
  define("EventBus", classes->bus, BusBinding::define(env));
  define("GilHostfunc", classes->gil_hostfunc, GilHostfuncBinding::define(env));
  exports.Set("exitNow", Napi::Function::New(env, exit_now, "exitNow"));
  return exports;
}

}  // namespace kvtool::addon

static Napi::Object init_addon(Napi::Env env, Napi::Object exports) {
  return kvtool::addon::init(env, exports);
}

NODE_API_MODULE(kvtool, init_addon)
