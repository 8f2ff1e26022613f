// What a stream executes, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <variant>

#include "core/device/device.h"

namespace kvtool::sim {

// One record of an event. Guarded by the device's Monitor.
struct EventRecord {
  bool done = false;
};

// `latest` is null until the first record and changes with each; guarded by the device's Monitor.
struct Event {
  EventId id;
  std::shared_ptr<EventRecord> latest;
};

struct Kernel {
  KernelBody body;  // empty: a kernel that does nothing
};

struct Stamp {
  StampSlot* slot;
  std::uint64_t sequence;
};

struct NextStamp {
  StampCursor cursor;
};

struct HostCall {
  HostFunction function;
  void* argument;
};

struct Transfer {
  void* destination;
  const void* source;
  std::size_t bytes;
};

struct Record {
  std::shared_ptr<Event> event;
  std::shared_ptr<EventRecord> record;
};

// Waits for the record that the call saw, not for later records of the same event.
struct Await {
  EventId event;
  std::shared_ptr<EventRecord> record;
};

// cudaFreeAsync: the pool gets the memory back when the stream comes here.
struct Reclaim {
  std::function<void()> give_back;
};

using Work = std::variant<Kernel, Stamp, NextStamp, HostCall, Transfer, Record, Await, Reclaim>;

// Whether the work occupies an entry of the stream's bounded queue. Host functions do not: 2,000 were
// accepted where 2,000 launches were not. Of waits and pool frees nothing is known, so they are left
// unbounded.
inline bool takes_queue_entry(const Work& work) {
  return std::holds_alternative<Kernel>(work) || std::holds_alternative<Stamp>(work) ||
         std::holds_alternative<NextStamp>(work) || std::holds_alternative<Transfer>(work) ||
         std::holds_alternative<Record>(work);
}

}  // namespace kvtool::sim
