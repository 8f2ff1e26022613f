// Response: the two parties of `wait-under-lock`. A caller waits for the response of its request, a future
// that a thread of the engine completes. On its way that thread runs code of the runtime, for which it needs
// the runtime lock: it lets an object of the runtime go that the request held.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/runtime/flight.h"
#include "gil-hostfunc/runtime_callback.h"
#include "gil-hostfunc/window.h"

namespace kvtool::gil_hostfunc {

template <class Rt>
class Response {
 public:
  // The references must outlive it.
  Response(Flight& flight, Window<Rt>& window, std::string runtime_lock)
      : window_(window),
        runtime_lock_(std::move(runtime_lock)),
        entries_(flight.counter("entrant.calls", CounterKind::progress)) {}

  // Caller: blocks until the response of the pending request is there, or the run is over. The harness
  // decides whether the runtime lock is kept meanwhile.
  void wait() {
    const HolderScope<Rt> scope(window_);
    const ScopedWait waits(kFuture, "future.get()");
    window_.holder_waits();
    window_.await_response(window_.request());
  }

  // Response thread, without the runtime lock: waits for the next caller, runs the runtime's code and
  // completes the future. False when the run is over.
  bool respond(std::uint64_t* seen, RuntimeCallback& callback) {
    if (!window_.await_holder(seen)) return false;
    const ScopedHold owes(kFuture);
    {
      const EntrantScope<Rt> scope(window_);
      const ScopedWait wants(runtime_lock_, "response thread (runtime callback)");
      callback.run(kNoEvent, monotonic_ns());
    }
    entries_.add(1);
    window_.respond(*seen);
    return true;
  }

 private:
  static constexpr const char* kFuture = "future:response";
  static constexpr std::uint64_t kNoEvent = 0;

  Window<Rt>& window_;
  const std::string runtime_lock_;
  Counter entries_;
};

}  // namespace kvtool::gil_hostfunc
