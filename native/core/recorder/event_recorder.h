// EventRecorder: takes events from streams and from host code, stamps each at its source and hands them to a
// drainer.
//
//   EventRecorder<RealRuntime> recorder(device);
//   recorder.record_on_stream(stream, {.type = "STORE_END", .session = "req-7"});
//   while (recorder.wait() == Wake::events) { recorder.drain(batch); ... }     // on another thread
//   recorder.close(std::chrono::seconds(1));                                   // ends that loop
//
// Each recorder is on its own: there is no process-wide buffer, so an event cannot reach another recorder's
// drainer, not even one whose host function runs after close(). All calls may be made from any thread.
// Templates over Rt, the runtime policy of real_runtime.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/recorder_state.h"

namespace kvtool {

struct RecorderOptions {
  // Events that may be in flight or pending at a time, whichever side they come from. All slots are allocated
  // at once, about 120 bytes each. More are refused and counted: a slow drainer costs events, never memory.
  std::size_t capacity = 10'000;
  // Recorders whose events are compared with each other should share one anchor (ClockAnchor::take). All
  // zero: the recorder takes its own at construction.
  ClockAnchor anchor = {};
};

struct CloseReport {
  bool complete = false;        // every host function has run; nothing will be discarded
  std::uint64_t in_flight = 0;  // else: how many had not run in time
};

template <class Rt>
class EventRecorder {
 public:
  // `device` must outlive the last call of record_on_stream, not the host functions.
  explicit EventRecorder(Device& device, const RecorderOptions& options = {})
      : device_(device),
        state_(std::make_unique<RecorderState<Rt>>(
            options.capacity,
            options.anchor.wall_ns != 0 ? options.anchor : ClockAnchor::take<typename Rt::clock>())) {
    Rt::sweep_lingering();
  }
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // Closes without waiting. Host functions in flight stay safe; see recorder_state.h for who frees what they
  // touch.
  ~EventRecorder() {
    if (Rt::is_over()) return;
    state_->close(std::chrono::nanoseconds::zero());
    if (!state_->finished()) Rt::linger(std::move(state_));
  }

  // Records `event` when the stream gets there. The host function stamps it, marks it ready and wakes the
  // drainer; everything that allocates happens here, on the launching thread.
  //
  // ok: scheduled. out_of_memory: no free slot. invalid_handle: closed. Otherwise, or also, what the device
  // said. Whatever is not ok is counted (stats() tells the reasons apart) and leaves `event` with the caller.
  // REQUIRES: a device that reports failure does not run the function.
  [[nodiscard]] Status record_on_stream(StreamId stream, Event&& event) {
    Slot<Rt>* slot = nullptr;
    if (const Claim claim = state_->claim_for_launch(&slot); claim != Claim::taken) return refusal(claim);
    slot->event.write() = std::move(event);
    Rt::perturb("recorder:before-launch");
    const Status status = device_.launch_host_function(stream, &EventRecorder::on_stream, slot);
    if (status == Status::ok) return status;  // the slot may be anywhere by now
    event = std::exchange(slot->event.write(), Event{});
    state_->launch_failed(slot);
    return status;
  }

  // Records a host event, stamped now. The same statuses, and the same capacity, as on a stream.
  [[nodiscard]] Status record(Event&& event) {
    // Before any lock: waiting for it is not part of what happened.
    const Claim claim = state_->record(event, Rt::clock::monotonic_ns());
    return claim == Claim::taken ? Status::ok : refusal(claim);
  }

  // Records an event that happened at `monotonic_ns`, give or take `error_ns`. The same statuses.
  [[nodiscard]] Status record_at(Event&& event, std::uint64_t monotonic_ns, std::uint64_t error_ns) {
    event.error_ns = error_ns;
    const Claim claim = state_->record(event, monotonic_ns);
    return claim == Claim::taken ? Status::ok : refusal(claim);
  }

  // Appends at most `limit` pending events to `out`, oldest first, and returns how many. Also after close().
  std::size_t drain(std::vector<Event>& out, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
    return state_->drain(out, limit);
  }

  // Sleeps until an event is pending. `closed` only once nothing is pending any more, so a drainer that
  // leaves its loop then has missed nothing.
  Wake wait(std::chrono::nanoseconds timeout = kForever) { return state_->wait(timeout); }

  // Refuses new events, waits for the host functions in flight, and after `timeout` gives up on them:
  // whatever runs later is discarded and counted. May be called again, to wait for stragglers.
  CloseReport close(std::chrono::nanoseconds timeout) {
    const std::uint64_t in_flight = state_->close(timeout);
    return {.complete = in_flight == 0, .in_flight = in_flight};
  }

  // One consistent snapshot.
  RecorderStats stats() const { return state_->stats(); }

 private:
  static void on_stream(void* argument) noexcept(!Rt::kIsModel) {
    auto* slot = static_cast<Slot<Rt>*>(argument);
    slot->owner->complete(slot, Rt::clock::monotonic_ns());
  }

  static Status refusal(Claim claim) {
    return claim == Claim::full ? Status::out_of_memory : Status::invalid_handle;
  }

  Device& device_;
  std::unique_ptr<RecorderState<Rt>> state_;
};

}  // namespace kvtool
