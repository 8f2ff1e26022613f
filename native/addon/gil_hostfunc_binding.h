#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "addon/classes.h"
#include "addon/js_queue.h"
#include "core/runtime/flight.h"
#include "gil-hostfunc/device_world.h"

namespace kvtool::addon {

// Runs a JavaScript function for the driver's host-function thread, which waits for its result: the JS thread
// is the runtime lock here.
class CallJavaScript final : public gil_hostfunc::RuntimeCallback {
 public:
  CallJavaScript(Napi::Env env, const Napi::Function& function)
      : queue_(std::make_shared<JsQueue>(env)), function_(Napi::Persistent(function)) {}
  void run(std::uint64_t id, std::uint64_t stamp_ns) override;
  // Waits for the JS thread and does nothing there: what a guard object's destructor does when it retakes the
  // lock.
  void rendezvous();

 private:
  std::shared_ptr<JsQueue> queue_;
  Napi::FunctionReference function_;  // JS thread only
};

// JavaScript class GilHostfunc (src/native.ts: NativeGilHostfunc): the sections of
// scenarios/gil-hostfunc/actors.h.
class GilHostfuncBinding : public Napi::ObjectWrap<GilHostfuncBinding> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit GilHostfuncBinding(const Napi::CallbackInfo& info);

 private:
  using World = gil_hostfunc::World<RealRuntime>;

  Napi::Value bus(const Napi::CallbackInfo& info);
  Napi::Value stream(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);
  void begin_request(const Napi::CallbackInfo& info);
  Napi::Value request_async(const Napi::CallbackInfo& info);
  Napi::Value launch_callback(const Napi::CallbackInfo& info);
  void end_publish(const Napi::CallbackInfo& info);
  Napi::Value settle_async(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  Napi::Value await_holder(const Napi::CallbackInfo& info);
  Napi::Value await_holder_async(const Napi::CallbackInfo& info);
  void arrive(const Napi::CallbackInfo& info);
  void blocking_call(const Napi::CallbackInfo& info);
  Napi::Value blocking_call_async(const Napi::CallbackInfo& info);
  void enter(const Napi::CallbackInfo& info);
  Napi::Value enter_async(const Napi::CallbackInfo& info);
  void create_events(const Napi::CallbackInfo& info);
  void destroy_events(const Napi::CallbackInfo& info);
  Napi::Value destroy_events_async(const Napi::CallbackInfo& info);
  void lock_mutex(const Napi::CallbackInfo& info);
  void unlock_mutex(const Napi::CallbackInfo& info);
  void entrant_done(const Napi::CallbackInfo& info);
  Napi::Value guarded_call_async(const Napi::CallbackInfo& info);
  Napi::Value guarded_entry_async(const Napi::CallbackInfo& info);
  void await_response(const Napi::CallbackInfo& info);
  Napi::Value await_response_async(const Napi::CallbackInfo& info);
  Napi::Value respond_async(const Napi::CallbackInfo& info);
  void map_segment(const Napi::CallbackInfo& info);
  void unmap_segment(const Napi::CallbackInfo& info);
  Napi::Value reap_async(const Napi::CallbackInfo& info);
  void audit_segments(const Napi::CallbackInfo& info);
  Napi::Value make_callable(const Napi::CallbackInfo& info);
  void callable_freed(const Napi::CallbackInfo& info);
  Napi::Value use_callable(const Napi::CallbackInfo& info);
  Napi::Value enqueue_callable_async(const Napi::CallbackInfo& info);

  // A section on a thread of its own. A failure also ends the window's waits, so that nobody waits for it.
  Napi::Value on_thread(const Napi::CallbackInfo& info, const char* name,
                        void (*section)(World&, CallJavaScript&));

  World& actors() { return world_->actors(); }

  std::shared_ptr<Flight> flight_;  // outlives the world
  std::shared_ptr<CallJavaScript> callback_;
  std::shared_ptr<gil_hostfunc::DeviceWorld> world_;
  Napi::ObjectReference bus_;
  // The last request that the entrant entered for. One wait for the holder at a time, on the JS thread or on
  // the thread that stands in for it, so nothing guards it.
  std::shared_ptr<std::uint64_t> seen_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace kvtool::addon
