// StampGraphs: the events that stand in CUDA graphs. A graph is launched again and again with the same
// arguments, so the GPU numbers these stamps itself, and each event has slots of its own: which event a stamp
// is of follows from where it lies.
//
// All calls may be made from any thread, but for read(), which one thread makes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/event.h"
#include "core/recorder/stamp_ring.h"

namespace kvtool {

class StampGraphs {
 public:
  // `events` at most, with `stamps` slots each, a power of two: `slots` has events * stamps of them in pinned
  // memory, `stamped` one number for each event in memory of the device, all 0. Both must stay as long as a
  // graph may run.
  StampGraphs(Device& device, std::size_t events, std::size_t stamps, StampSlot* slots,
              std::uint64_t* stamped);

  // `event` happens whenever what is captured on the stream now comes there; on a stream that is not being
  // captured, once. out_of_memory: no slots are left; those of an event are never given back, as its graph
  // may be launched at any time. Otherwise what the device said; then `event` stays with the caller.
  [[nodiscard]] Status record(StreamId stream, Event&& event);

  bool none() const { return used_.load(std::memory_order_relaxed) == 0; }
  // Calls `sink(device_ns, event)` for each stamp that has come, each event's in order.
  void read(const std::function<void(std::uint64_t, Event&&)>& sink);
  // Stamps that the GPU overwrote before they were read.
  std::uint64_t overwritten() const;

 private:
  struct Place {
    Place(StampSlot* slots, std::size_t stamps) : ring(slots, stamps) {}
    StampRing ring;
    Event event;
    bool taken = false;
  };

  Device& device_;
  StampSlot* const slots_;
  std::uint64_t* const stamped_;
  const std::size_t stamps_;
  // Guards which places are taken, and their events. Held for copies of events: never across a call of the
  // device or of the sink's owner.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> places_;  // made once
  std::atomic<std::size_t> used_{0};            // relaxed: only looked at
};

}  // namespace kvtool
