#pragma once

#include <napi.h>

#include <memory>

#include "core/runtime/flight.h"

namespace kvtool::addon {

// JavaScript class Flight (src/native.ts: NativeFlight).
class FlightBinding : public Napi::ObjectWrap<FlightBinding> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit FlightBinding(const Napi::CallbackInfo& info);

  // Shared with the bindings that use it, so that it outlives them whatever the garbage collector's order.
  std::shared_ptr<Flight> flight() const { return flight_; }

 private:
  void running(const Napi::CallbackInfo& info);
  void finished(const Napi::CallbackInfo& info);
  void failed(const Napi::CallbackInfo& info);
  void count(const Napi::CallbackInfo& info);
  void raise(const Napi::CallbackInfo& info);
  void window_opened(const Napi::CallbackInfo& info);
  void bind_js_thread(const Napi::CallbackInfo& info);

  std::shared_ptr<Flight> flight_;
  std::unique_ptr<Flight::Thread> js_thread_;
};

}  // namespace kvtool::addon
