// What a bus counts. Once it has stopped completely, every published event is accounted for:
//
//   published = delivered + unknown_type + lost()
//
// and before that the difference is what is pending, in flight or being dispatched.
#pragma once

#include <cstdint>

#include "core/recorder/cost.h"
#include "core/recorder/stamp_recorder.h"

namespace kvtool {

struct BusStats {
  // Calls of publish..., whatever became of them; of publish_in_graph() each stamp, and each call that
  // failed.
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;     // dispatched to every subscriber of its type, be it none
  std::uint64_t unknown_type = 0;  // of a type that was not declared when its turn came
  std::uint64_t subscriber_threw =
      0;  // calls of subscribers that ended in an exception; the event is delivered

  std::uint64_t refused_full = 0;    // lost: the queue was full
  std::uint64_t refused_closed = 0;  // lost: published after stop()
  std::uint64_t launch_failed = 0;   // lost: the device refused the host function, or the stamp
  std::uint64_t discarded_late = 0;  // lost: the host function ran after stop() had given up on it
  std::uint64_t overwritten = 0;     // lost: a graph stamped again before it was read
  std::uint64_t undelivered = 0;     // lost: stopped without ever having been started

  std::uint64_t pending = 0;    // stamped and waiting for the drain thread
  std::uint64_t in_flight = 0;  // the host function has not run yet, or the stamp was not made or read yet

  Cost dispatch_latency;        // from an event's stamp to its dispatch
  Cost publish_cost;            // inside publish()
  Cost publish_on_stream_cost;  // inside publish_on_stream() and publish_stamped(), the launch included

  StampStats stamps;  // all zero without use_stamps(); its losses are in the counts above as well

  std::uint64_t lost() const {
    return refused_full + refused_closed + launch_failed + discarded_late + overwritten + undelivered;
  }
};

}  // namespace kvtool
