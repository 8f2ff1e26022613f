#include "addon/flight_binding.h"

#include "addon/async.h"

namespace kvtool::addon {

Napi::Function FlightBinding::define(Napi::Env env) {
  return DefineClass(
      env, "Flight",
      {InstanceMethod("running", &FlightBinding::running),
       InstanceMethod("finished", &FlightBinding::finished), InstanceMethod("failed", &FlightBinding::failed),
       InstanceMethod("count", &FlightBinding::count),
       InstanceMethod("windowOpened", &FlightBinding::window_opened),
       InstanceMethod("raise", &FlightBinding::raise),
       InstanceMethod("bindJsThread", &FlightBinding::bind_js_thread)});
}

FlightBinding::FlightBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FlightBinding>(info) {
  flight_ =
      guarded(info.Env(), [&] { return std::shared_ptr<Flight>(Flight::map(info[0].As<Napi::String>())); });
}

void FlightBinding::running(const Napi::CallbackInfo&) { flight_->set_state(FlightState::running); }

void FlightBinding::finished(const Napi::CallbackInfo&) { flight_->set_state(FlightState::finished); }

void FlightBinding::failed(const Napi::CallbackInfo& info) {
  flight_->fail(info[0].As<Napi::String>().Utf8Value());
}

void FlightBinding::count(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const std::string name = info[0].As<Napi::String>();
    const auto kind = static_cast<CounterKind>(info[1].As<Napi::Number>().Uint32Value());
    flight_->counter(name, kind).add(static_cast<std::uint64_t>(info[2].As<Napi::Number>().Int64Value()));
  });
}

void FlightBinding::raise(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    const std::string name = info[0].As<Napi::String>();
    flight_->counter(name, CounterKind::gauge)
        .raise_to(static_cast<std::uint64_t>(info[1].As<Napi::Number>().Int64Value()));
  });
}

void FlightBinding::window_opened(const Napi::CallbackInfo&) { flight_->window_opened(); }

void FlightBinding::bind_js_thread(const Napi::CallbackInfo& info) {
  const std::string name = info[0].As<Napi::String>();
  js_thread_ = std::make_unique<Flight::Thread>(*flight_, name);
  if (LockLine* line = LockLine::current(); line != nullptr)
    line->hold(info[1].As<Napi::String>().Utf8Value());
}

}  // namespace kvtool::addon
