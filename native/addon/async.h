// run_async: a blocking native call on a thread of its own, as a promise. Not libuv's pool: its four threads
// would all be blocked by four such calls, a deadlock that belongs to the test rig and not to the scenario.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "core/runtime/flight.h"

namespace kvtool::addon {

namespace detail {
struct AsyncCall {
  Napi::Promise::Deferred deferred;
  std::string error;  // written by the worker thread before it queues the settlement, read after
};
}  // namespace detail

// `work` runs with a lock line named `name` when `flight` is given. What it throws rejects the promise.
inline Napi::Promise run_async(Napi::Env env, Flight* flight, std::string name, std::function<void()> work) {
  auto call = std::make_shared<detail::AsyncCall>(detail::AsyncCall{Napi::Promise::Deferred::New(env), {}});
  Napi::Promise promise = call->deferred.Promise();
  auto settle = Napi::ThreadSafeFunction::New(env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}),
                                              "kvtool async", 0, 1);
  std::thread([call, settle, flight, name = std::move(name), work = std::move(work)]() mutable {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    try {
      std::unique_ptr<Flight::Thread> line;
      if (flight != nullptr) line = std::make_unique<Flight::Thread>(*flight, name);
      work();
    } catch (const std::exception& error) {
      call->error = error.what();
    }
    // Fails only when the environment is shutting down, and then nobody waits for the promise.
    settle.NonBlockingCall([call](Napi::Env settled_env, Napi::Function) {
      if (call->error.empty())
        call->deferred.Resolve(settled_env.Undefined());
      else
        call->deferred.Reject(Napi::Error::New(settled_env, call->error).Value());
    });
    settle.Release();
  }).detach();
  return promise;
}

// Turns a C++ exception into a JavaScript one.
template <class Body>
auto guarded(Napi::Env env, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Napi::Error::New(env, error.what());
  }
}

}  // namespace kvtool::addon
