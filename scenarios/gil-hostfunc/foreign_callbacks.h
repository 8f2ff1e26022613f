// ForeignCallbacks: the books of runtime callbacks that another library (CuPy, PyTorch) puts on a stream.
//
//   publisher's thread           the driver's thread                 the runtime's code, on the driver's
//   thread announce(stream, id)   ->    mark: stamp, "wants the GIL" [the library launches] ->    the
//   library's function: waits  ->   begins(id), the callback, ends(id)
//
// Such a function takes the runtime lock before any code of ours runs, so by itself nobody would know that
// the driver's thread has come to it and waits. So a host function of our own is launched right before it,
// the mark: from there until ends() a lock line says of the driver's thread what it keeps and what it wants.
// Callbacks of other streams may come between the two; there is one line for all that are under way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/device/device.h"
#include "core/device/sim/names.h"
#include "core/runtime/flight.h"

namespace kvtool::gil_hostfunc {

// Safe from any thread.
class ForeignCallbacks {
 public:
  // Of a device without a context number. Both must outlive the object, which must outlive the device's work.
  ForeignCallbacks(Flight& flight, Device& device, std::string runtime_lock)
      : flight_(flight),
        device_(device),
        runtime_lock_(std::move(runtime_lock)),
        scheduled_(flight.counter("callbacks.scheduled", CounterKind::gauge)),
        run_(flight.counter("callbacks.run", CounterKind::gauge)) {}
  ForeignCallbacks(const ForeignCallbacks&) = delete;
  ForeignCallbacks& operator=(const ForeignCallbacks&) = delete;

  // A library is about to launch the callback `id`, a number that was not used before, on `stream`. Blocks
  // where the launch of a host function does.
  Status announce(StreamId stream, std::uint64_t id) {
    {
      const std::lock_guard guard(mutex_);
      calls_[id].stream = names_.stream(stream);
    }
    // Owned by the host function from a successful launch on.
    auto mark = std::make_unique<Mark>(Mark{this, id});
    const Status status = device_.launch_host_function(stream, &ForeignCallbacks::run_mark, mark.get());
    if (status == Status::ok) {
      (void)mark.release();
      scheduled_.add(1);
    } else {
      const std::lock_guard guard(mutex_);
      calls_.erase(id);
    }
    return status;
  }

  // The library did not launch it after all.
  void withdraw(std::uint64_t id) {
    const std::lock_guard guard(mutex_);
    if (!remove(id)) return;
    scheduled_.add(~std::uint64_t{0});  // takes one back: counters are modulo 2^64
  }

  // When its mark ran, CLOCK_MONOTONIC in ns. Throws std::logic_error when it did not: the library has put
  // the callback somewhere else than behind it.
  std::uint64_t begins(std::uint64_t id) {
    const std::lock_guard guard(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end() || !found->second.stamp_ns)
      throw std::logic_error("callback " + std::to_string(id) + " runs without having been announced");
    return *found->second.stamp_ns;
  }

  void ends(std::uint64_t id) {
    const std::lock_guard guard(mutex_);
    if (remove(id)) run_.add(1);
  }

 private:
  struct Mark {
    ForeignCallbacks* owner;
    std::uint64_t id;
  };
  struct Call {
    std::string stream;                       // "stream:1"
    std::optional<std::uint64_t> stamp_ns{};  // once its mark has run
    bool on_line = false;                     // the line says that its stream is kept
  };

  // A line has six places; the device, its executor and, in the callback's own calls, a lock need theirs.
  static constexpr unsigned kMostStreams = 3;

  static void run_mark(void* argument) {
    const std::unique_ptr<Mark> mark(static_cast<Mark*>(argument));
    mark->owner->next_is(mark->id);
  }

  void next_is(std::uint64_t id) {
    const std::lock_guard guard(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;  // withdrawn
    Call& call = found->second;
    call.stamp_ns = monotonic_ns();
    if (under_way_++ == 0) open_line();
    LockLine* const line = line_->get();
    if (line == nullptr || streams_ == kMostStreams) return;
    line->hold(call.stream);
    call.on_line = true;
    ++streams_;
  }

  void open_line() {
    line_.emplace(flight_, names_.executor_line);
    LockLine* const line = line_->get();
    if (line == nullptr) return;
    line->hold(names_.host_functions);
    line->hold(names_.idle);
    // Wanted until the last callback is over: the runtime may take the lock away from one in between.
    line->want(runtime_lock_, "host function (runtime callback)");
  }

  // False when there is no such callback.
  bool remove(std::uint64_t id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return false;
    const Call call = found->second;
    calls_.erase(found);
    if (!call.stamp_ns) return true;
    if (call.on_line) {
      line_->get()->drop(call.stream);
      --streams_;
    }
    if (--under_way_ == 0) line_.reset();
    return true;
  }

  Flight& flight_;
  Device& device_;
  const std::string runtime_lock_;
  const sim::Names names_;
  Counter scheduled_, run_;
  // Guards what follows and the line. Leaf lock, held for moments: never while the runtime lock or the driver
  // is waited for.
  std::mutex mutex_;
  std::map<std::uint64_t, Call> calls_;  // announced and not over
  std::optional<Flight::Line>
      line_;                // of the driver's thread, while a mark has run and its callback is not over
  unsigned under_way_ = 0;  // marks that have run
  unsigned streams_ = 0;    // of the line
};

}  // namespace kvtool::gil_hostfunc
