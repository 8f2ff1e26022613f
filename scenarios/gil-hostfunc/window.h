// Window: where the parties of the cycle stand, and whether all of them are in the hazardous position at
// once.
//
// A request is *pending* when host functions are queued behind its kernel. The *holder* stands inside a
// driver wait with whatever that call holds. The *entrant* has arrived at its own driver call. The window is
// open while all three are true; it is the moment in which the buggy variant must deadlock and a fixed one
// must survive.
//
// Steering: the request's kernel ends only when the window is open (or its limit has passed), the holder
// starts only behind a pending request and the entrant only behind a waiting holder. So a run reaches the
// window in its first request instead of by luck, and no step depends on a sleep.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "core/runtime/flight.h"

namespace kvtool::gil_hostfunc {

template <class Rt>
class Window {
 public:
  Window(Flight& flight, bool needs_entrant, bool steer)
      : flight_(flight), needs_entrant_(needs_entrant), steer_(steer) {}

  // Publisher: a new request begins. Holder and entrant keep their positions: who is still inside its driver
  // call when the next request comes is in position for that one, too.
  void arm() {
    const Guard guard(mutex_);
    State& now = state_.write();
    ++now.request;
    now.pending = now.opened = false;
  }

  // Publisher: the request's host functions are queued behind its kernel.
  void set_pending() {
    update([](State& now) { now.pending = true; });
  }

  // Publisher: the request is complete.
  void disarm() {
    update([](State& now) { now.pending = false; });
  }

  // Holder: blocks until a request newer than `*seen` is pending; false when the run is over.
  bool await_pending(std::uint64_t* seen) {
    return await(seen, [](const State& now) { return now.pending; });
  }

  // Holder: is about to make its driver call, for the request of this moment.
  void holder_comes() {
    update([](State& now) {
      now.holder_request = now.request;
      now.holder_since_ns = Rt::clock::monotonic_ns();
    });
  }

  // Holder: stands inside the driver's wait from now on.
  void holder_waits() {
    update([](State& now) { now.holder = true; });
  }

  // For a driver that does not say when a caller begins to wait: the holder counts as waiting once its call
  // has not returned for `limit`. Returns when the run is over.
  void watch_holder(std::chrono::nanoseconds limit) {
    Lock lock(mutex_);
    const auto inside = [this] { return state_.read().holder_since_ns; };
    while (!state_.read().closed) {
      const std::uint64_t since_ns = inside();
      if (since_ns == 0 || state_.read().holder) {
        changed_.wait(lock);
      } else if (!changed_.wait_until(lock, since_ns + static_cast<std::uint64_t>(limit.count())) &&
                 inside() == since_ns) {
        lock.unlock();
        holder_waits();
        lock.lock();
      }
    }
  }

  // Holder: its driver call is over.
  void holder_leaves() {
    update([](State& now) {
      now.holder_since_ns = 0;
      now.holder = false;
      now.holder_left = now.holder_request;
    });
  }

  // Entrant: blocks until the holder of a request newer than `*seen` waits, or has been and gone: a kernel
  // whose limit passed before the two could meet keeps nobody, and who waited on would wait for ever. False
  // when the run is over. Unsteered it only waits for the request, so the two meet by chance.
  bool await_holder(std::uint64_t* seen) {
    return await(seen, [this](const State& now) {
      return now.pending && (now.holder || now.holder_left == now.request || !steer_);
    });
  }

  // Entrant: is about to enter the driver.
  void entrant_arrives() {
    update([](State& now) { now.entrant = true; });
  }

  // Entrant: its driver call is over.
  void entrant_leaves() {
    update([](State& now) { now.entrant = false; });
  }

  // The request's kernel: returns when the window is open, the limit has passed or the run is over. Unsteered
  // it is a kernel that simply takes that long.
  void hold_kernel(std::chrono::microseconds limit) {
    const std::uint64_t deadline_ns =
        Rt::clock::monotonic_ns() + static_cast<std::uint64_t>(limit.count()) * 1000;
    Lock lock(mutex_);
    while (!state_.read().closed && !(steer_ && state_.read().opened))
      if (!changed_.wait_until(lock, deadline_ns)) return;
  }

  // Number of the request in progress, from 1.
  std::uint64_t request() {
    const Guard guard(mutex_);
    return state_.read().request;
  }

  // The response of `request` is there.
  void respond(std::uint64_t request) {
    update([request](State& now) { now.responded = request; });
  }

  // Blocks until the response of `request` is there or the run is over.
  void await_response(std::uint64_t request) {
    Lock lock(mutex_);
    while (!state_.read().closed && state_.read().responded < request) changed_.wait(lock);
  }

  // Blocks until the run is over.
  void await_close() {
    Lock lock(mutex_);
    while (!state_.read().closed) changed_.wait(lock);
  }

  // Ends every wait above; the run is over.
  void close() {
    update([](State& now) { now.closed = true; });
  }

 private:
  using Guard = std::lock_guard<typename Rt::mutex>;
  using Lock = std::unique_lock<typename Rt::mutex>;

  struct State {
    std::uint64_t request = 0;
    std::uint64_t holder_request = 0;   // that the holder made its last call for
    std::uint64_t holder_left = 0;      // whose holder has been and gone
    std::uint64_t holder_since_ns = 0;  // when the holder went into its driver call; 0: it is not inside
    std::uint64_t responded = 0;        // that the response has come for
    bool pending = false;
    bool holder = false;
    bool entrant = false;
    bool opened = false;  // this request's window has been open
    bool closed = false;
  };

  template <class Change>
  void update(Change change) {
    {
      const Guard guard(mutex_);
      State& now = state_.write();
      change(now);
      if (!now.opened && now.pending && now.holder && (now.entrant || !needs_entrant_)) {
        now.opened = true;
        flight_.window_opened();
      }
    }
    changed_.notify_all();
  }

  template <class Ready>
  bool await(std::uint64_t* seen, Ready ready) {
    Lock lock(mutex_);
    while (!state_.read().closed && !(ready(state_.read()) && state_.read().request > *seen))
      changed_.wait(lock);
    *seen = state_.read().request;
    return !state_.read().closed;
  }

  Flight& flight_;
  const bool needs_entrant_;
  const bool steer_;
  // Guards state_. Leaf lock: nothing that can block is called while it is held.
  typename Rt::mutex mutex_;
  typename Rt::condvar changed_;
  typename Rt::template plain<State> state_;
};

// Marks the calling thread as the holder while it is inside its call. One at a time per thread.
template <class Rt>
class HolderScope {
 public:
  explicit HolderScope(Window<Rt>& window) : window_(window) {
    current_ = &window;
    window_.holder_comes();
  }
  HolderScope(const HolderScope&) = delete;
  HolderScope& operator=(const HolderScope&) = delete;
  ~HolderScope() {
    current_ = nullptr;
    window_.holder_leaves();
  }

  // The calling thread is about to wait inside the driver.
  static void on_driver_wait() {
    if (current_ != nullptr) current_->holder_waits();
  }

 private:
  inline static thread_local Window<Rt>* current_ = nullptr;
  Window<Rt>& window_;
};

// The entrant is inside its call, or about to be.
template <class Rt>
class EntrantScope {
 public:
  explicit EntrantScope(Window<Rt>& window) : window_(window) { window_.entrant_arrives(); }
  EntrantScope(const EntrantScope&) = delete;
  EntrantScope& operator=(const EntrantScope&) = delete;
  ~EntrantScope() { window_.entrant_leaves(); }

 private:
  Window<Rt>& window_;
};

}  // namespace kvtool::gil_hostfunc
