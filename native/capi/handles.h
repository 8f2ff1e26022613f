// What stands behind the opaque pointers of kvtool.h, and what every entry point shares.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "capi/kvtool.h"
#include "core/device/sim/sim_device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/flight.h"
#include "core/runtime/real_runtime.h"

struct kvt_flight {
  std::unique_ptr<kvtool::Flight> flight;
};

struct kvt_device {
  std::unique_ptr<kvtool::SimDevice> device;
};

struct kvt_bus {
  kvtool::EventBus<kvtool::RealRuntime>* bus = nullptr;
  std::unique_ptr<kvtool::EventBus<kvtool::RealRuntime>> owned;  // empty when a world owns the bus
  kvtool::Flight* flight = nullptr;  // for the drain thread's lock line; may be null
  std::string runtime_lock;          // what a subscriber waits for first
};

namespace kvtool::capi {

// This thread's text for kvt_last_error.
std::string& last_error();

// The runtime lock of the calling thread, as kvt_thread_begin named it; empty: none.
std::string& runtime_lock();

// Runs `body` and turns an exception into -1 with its text kept for kvt_last_error.
template <class Body>
int guarded(Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    last_error() = error.what();
  } catch (...) {
    last_error() = "unknown error";
  }
  return -1;
}

// The same for functions that return a handle: null on error.
template <class Body>
auto guarded_handle(Body body) -> decltype(body()) {
  decltype(body()) handle = nullptr;
  guarded([&] {
    handle = body();
    return 0;
  });
  return handle;
}

// RAII round a call made with the runtime lock dropped: the line drops it, and at the end wants it again,
// because retaking it is what the caller does next.
class LockDropped {
 public:
  LockDropped() : line_(runtime_lock().empty() ? nullptr : LockLine::current()) {
    if (line_ != nullptr) line_->drop(runtime_lock());
  }
  LockDropped(const LockDropped&) = delete;
  LockDropped& operator=(const LockDropped&) = delete;
  ~LockDropped() {
    if (line_ != nullptr) line_->want(runtime_lock(), "return to the runtime");
  }

 private:
  LockLine* line_;
};

// `body` under the runtime lock (kept) or without it.
template <class Body>
int with_lock(int lock_kept, Body body) {
  if (lock_kept == 0) {
    const LockDropped dropped;
    return guarded(body);
  }
  const ScopedHold held(runtime_lock());
  return guarded(body);
}

template <class Body>
int dropped(Body body) {
  return with_lock(0, body);
}

}  // namespace kvtool::capi
