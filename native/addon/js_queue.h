// JsQueue: work for the JS thread, from any thread, in order. What a binding posts runs first in, first out,
// so a promise settled through the queue is settled after everything posted before it.
#pragma once

#include <napi.h>

#include <functional>
#include <stdexcept>
#include <utility>

namespace kvtool::addon {

class JsQueue {
 public:
  // JS thread. Does not keep the event loop alive until hold_loop().
  explicit JsQueue(Napi::Env env)
      : function_(Napi::ThreadSafeFunction::New(
            env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "kvtool queue", 0, 1)) {
    function_.Unref(env);
  }
  JsQueue(const JsQueue&) = delete;
  JsQueue& operator=(const JsQueue&) = delete;
  ~JsQueue() { function_.Release(); }

  // Any thread; never waits for the JS thread. Throws when the environment is shutting down.
  void post(std::function<void(Napi::Env)> work) {
    const napi_status status =
        function_.NonBlockingCall([work = std::move(work)](Napi::Env env, Napi::Function) { work(env); });
    if (status != napi_ok) throw std::runtime_error("the JS environment is shutting down");
  }

  // JS thread: whether the event loop stays alive for this queue.
  void hold_loop(Napi::Env env, bool hold) {
    if (hold)
      function_.Ref(env);
    else
      function_.Unref(env);
  }

 private:
  Napi::ThreadSafeFunction function_;
};

}  // namespace kvtool::addon
