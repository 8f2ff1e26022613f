#include "addon/gil_hostfunc_binding.h"

#include <future>

#include "addon/async.h"
#include "addon/bus_binding.h"
#include "addon/flight_binding.h"

namespace kvtool::addon {
namespace {

constexpr const char* kJsThread = "runtime-lock:JS thread";

std::uint64_t number_at(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<std::uint64_t>(info[index].As<Napi::Number>().Int64Value());
}

std::uint32_t worker_of(const Napi::CallbackInfo& info) { return info[0].As<Napi::Number>().Uint32Value(); }

}  // namespace

// On a failing environment both return without having run anything: the run is lost anyway, and the device's
// thread must not die of it.
void CallJavaScript::run(std::uint64_t id, std::uint64_t stamp_ns) {
  auto done = std::make_shared<std::promise<void>>();
  const std::future<void> result = done->get_future();
  queue_->post([this, done, id, stamp_ns](Napi::Env env) {
    const Napi::HandleScope scope(env);
    try {
      function_.Call({Napi::Number::New(env, static_cast<double>(id)), Napi::BigInt::New(env, stamp_ns)});
    } catch (const Napi::Error&) {
      // The host function must return whatever the callback does; the missing event is counted as lost.
    }
    done->set_value();
  });
  result.wait();
}

void CallJavaScript::rendezvous() {
  auto done = std::make_shared<std::promise<void>>();
  const std::future<void> result = done->get_future();
  queue_->post([done](Napi::Env) { done->set_value(); });
  result.wait();
}

Napi::Function GilHostfuncBinding::define(Napi::Env env) {
  using Self = GilHostfuncBinding;
  return DefineClass(env, "GilHostfunc",
                     {InstanceAccessor<&Self::bus>("bus"),
                      InstanceMethod("stream", &Self::stream),
                      InstanceMethod("release", &Self::release),
                      InstanceMethod("beginRequest", &Self::begin_request),
                      InstanceMethod("requestAsync", &Self::request_async),
                      InstanceMethod("launchCallback", &Self::launch_callback),
                      InstanceMethod("endPublish", &Self::end_publish),
                      InstanceMethod("settleAsync", &Self::settle_async),
                      InstanceMethod("close", &Self::close),
                      InstanceMethod("awaitHolder", &Self::await_holder),
                      InstanceMethod("awaitHolderAsync", &Self::await_holder_async),
                      InstanceMethod("arrive", &Self::arrive),
                      InstanceMethod("blockingCall", &Self::blocking_call),
                      InstanceMethod("blockingCallAsync", &Self::blocking_call_async),
                      InstanceMethod("enter", &Self::enter),
                      InstanceMethod("enterAsync", &Self::enter_async),
                      InstanceMethod("createEvents", &Self::create_events),
                      InstanceMethod("destroyEvents", &Self::destroy_events),
                      InstanceMethod("destroyEventsAsync", &Self::destroy_events_async),
                      InstanceMethod("lockMutex", &Self::lock_mutex),
                      InstanceMethod("unlockMutex", &Self::unlock_mutex),
                      InstanceMethod("entrantDone", &Self::entrant_done),
                      InstanceMethod("guardedCallAsync", &Self::guarded_call_async),
                      InstanceMethod("guardedEntryAsync", &Self::guarded_entry_async),
                      InstanceMethod("awaitResponse", &Self::await_response),
                      InstanceMethod("awaitResponseAsync", &Self::await_response_async),
                      InstanceMethod("respondAsync", &Self::respond_async),
                      InstanceMethod("mapSegment", &Self::map_segment),
                      InstanceMethod("unmapSegment", &Self::unmap_segment),
                      InstanceMethod("reapAsync", &Self::reap_async),
                      InstanceMethod("auditSegments", &Self::audit_segments),
                      InstanceMethod("makeCallable", &Self::make_callable),
                      InstanceMethod("callableFreed", &Self::callable_freed),
                      InstanceMethod("useCallable", &Self::use_callable),
                      InstanceMethod("enqueueCallableAsync", &Self::enqueue_callable_async)});
}

GilHostfuncBinding::GilHostfuncBinding(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<GilHostfuncBinding>(info) {
  guarded(info.Env(), [&] {
    flight_ = FlightBinding::Unwrap(info[0].As<Napi::Object>())->flight();
    callback_ = std::make_shared<CallJavaScript>(info.Env(), info[2].As<Napi::Function>());
    const std::string config = info[1].As<Napi::String>();
    world_ = std::make_shared<gil_hostfunc::DeviceWorld>(gil_hostfunc::parse_parameters(config, kJsThread),
                                                         *flight_);
    // An aliasing pointer: the bus lives in the world, which lives as long as anybody has the bus.
    bus_ = Napi::Persistent(BusBinding::from(info.Env(), std::shared_ptr<Bus>(world_, &actors().bus())));
  });
}

Napi::Value GilHostfuncBinding::on_thread(const Napi::CallbackInfo& info, const char* name,
                                          void (*section)(World&, CallJavaScript&)) {
  return run_async(info.Env(), flight_.get(), name, [world = world_, callback = callback_, section] {
    try {
      section(world->actors(), *callback);
    } catch (...) {
      world->actors().window().close();
      throw;
    }
  });
}

Napi::Value GilHostfuncBinding::bus(const Napi::CallbackInfo&) { return bus_.Value(); }

Napi::Value GilHostfuncBinding::stream(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(actors().stream(worker_of(info))));
}

void GilHostfuncBinding::release(const Napi::CallbackInfo&) { actors().release(); }

void GilHostfuncBinding::begin_request(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().begin_request(worker_of(info)); });
}

Napi::Value GilHostfuncBinding::request_async(const Napi::CallbackInfo& info) {
  const auto given = info[1].As<Napi::Array>();
  std::vector<std::uint64_t> ids;
  for (std::uint32_t i = 0; i < given.Length(); ++i)
    ids.push_back(static_cast<std::uint64_t>(given.Get(i).As<Napi::Number>().Int64Value()));
  return run_async(
      info.Env(), flight_.get(), "publisher",
      [world = world_, callback = callback_, worker = worker_of(info), ids = std::move(ids)] {
        World& actors = world->actors();
        actors.begin_request(worker);
        for (const std::uint64_t id : ids)
          if (const Status status = actors.launch_callback(worker, id, *callback); status != Status::ok)
            throw std::runtime_error("cannot launch a callback: " + std::string(to_string(status)));
        actors.end_publish(worker);
      });
}

Napi::Value GilHostfuncBinding::launch_callback(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto id = static_cast<std::uint64_t>(info[1].As<Napi::Number>().Int64Value());
    return Napi::Number::New(info.Env(),
                             static_cast<double>(actors().launch_callback(worker_of(info), id, *callback_)));
  });
}

void GilHostfuncBinding::end_publish(const Napi::CallbackInfo& info) {
  actors().end_publish(worker_of(info));
}

Napi::Value GilHostfuncBinding::settle_async(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), flight_.get(), "publisher",
                   [world = world_, worker = worker_of(info)] { world->actors().settle(worker); });
}

void GilHostfuncBinding::close(const Napi::CallbackInfo&) { actors().window().close(); }

Napi::Value GilHostfuncBinding::await_holder(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), actors().window().await_holder(seen_.get()));
}

Napi::Value GilHostfuncBinding::await_holder_async(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), flight_.get(), "entrant",
                   [world = world_, seen = seen_] { world->actors().window().await_holder(seen.get()); });
}

void GilHostfuncBinding::arrive(const Napi::CallbackInfo&) { actors().entrant_arrives(); }

void GilHostfuncBinding::blocking_call(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().blocking_call(); });
}

Napi::Value GilHostfuncBinding::blocking_call_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "launcher", [](World& world, CallJavaScript&) { world.blocking_call(); });
}

void GilHostfuncBinding::enter(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().enter(); });
}

Napi::Value GilHostfuncBinding::enter_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "entrant", [](World& world, CallJavaScript&) { world.enter(); });
}

void GilHostfuncBinding::create_events(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().create_events(); });
}

void GilHostfuncBinding::destroy_events(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().destroy_events(); });
}

Napi::Value GilHostfuncBinding::destroy_events_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "destructor", [](World& world, CallJavaScript&) { world.destroy_events(); });
}

void GilHostfuncBinding::lock_mutex(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().lock_guard_mutex(); });
}

void GilHostfuncBinding::unlock_mutex(const Napi::CallbackInfo&) { actors().unlock_guard_mutex(); }

void GilHostfuncBinding::entrant_done(const Napi::CallbackInfo&) { actors().entrant_done(); }

Napi::Value GilHostfuncBinding::guarded_call_async(const Napi::CallbackInfo& info) {
  if (!info[0].As<Napi::Boolean>().Value()) {
    return on_thread(info, "A", [](World& world, CallJavaScript&) {
      world.lock_guard_mutex();
      world.driver_call();
      world.unlock_guard_mutex();
    });
  }
  return on_thread(info, "A", [](World& world, CallJavaScript& callback) {
    world.lock_guard_mutex();
    world.driver_call();
    {
      const ScopedWait wait(kJsThread, "return to JavaScript");
      callback.rendezvous();
    }
    world.unlock_guard_mutex();
  });
}

Napi::Value GilHostfuncBinding::guarded_entry_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "B", [](World& world, CallJavaScript&) {
    world.lock_guard_mutex();
    world.unlock_guard_mutex();
  });
}

void GilHostfuncBinding::await_response(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().response().wait(); });
}

Napi::Value GilHostfuncBinding::await_response_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "caller", [](World& world, CallJavaScript&) { world.response().wait(); });
}

Napi::Value GilHostfuncBinding::respond_async(const Napi::CallbackInfo& info) {
  return run_async(info.Env(), flight_.get(), "response",
                   [world = world_, callback = callback_, seen = seen_] {
                     world->actors().response().respond(seen.get(), *callback);
                   });
}

void GilHostfuncBinding::map_segment(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().reaper().map_segment(); });
}

void GilHostfuncBinding::unmap_segment(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { actors().reaper().unmap_segment(false); });
}

Napi::Value GilHostfuncBinding::reap_async(const Napi::CallbackInfo& info) {
  return on_thread(info, "reaper", [](World& world, CallJavaScript&) {
    world.reaper().map_segment();
    world.reaper().unmap_segment(true);
  });
}

void GilHostfuncBinding::audit_segments(const Napi::CallbackInfo&) { actors().reaper().audit(); }

Napi::Value GilHostfuncBinding::make_callable(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(actors().callables().make()));
}

void GilHostfuncBinding::callable_freed(const Napi::CallbackInfo& info) {
  actors().callables().freed(number_at(info, 0));
}

Napi::Value GilHostfuncBinding::use_callable(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), actors().callables().use(number_at(info, 0)));
}

Napi::Value GilHostfuncBinding::enqueue_callable_async(const Napi::CallbackInfo& info) {
  return run_async(
      info.Env(), flight_.get(), "binding", [world = world_, callback = callback_, id = number_at(info, 0)] {
        World& actors = world->actors();
        actors.callable_gap();
        if (const Status status = actors.launch_callback(0, id, *callback); status != Status::ok)
          throw std::runtime_error("cannot launch a callback: " + std::string(to_string(status)));
        actors.blocking_call();
      });
}

}  // namespace kvtool::addon
