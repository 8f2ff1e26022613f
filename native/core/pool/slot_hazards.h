// SlotHazards: which copies a new copy must come after, when copies on several streams share slots: a reader
// after the last writer, a writer after the last writer and every reader since. Streams run their own copies
// in order, so the last ticket of each stream is enough.
//
//   Fence after = hazards.before_write(slot);      // wait for these (events) on the new copy's stream
//   hazards.wrote(slot, stream, ticket);           // once it is enqueued
//
// A ticket is the number of a copy on its stream, from 1. Not thread-safe: it belongs to whoever enqueues.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/pool/block_types.h"

namespace kvtool::pool {

using Ticket = std::uint32_t;

template <unsigned kStreams>
class SlotHazards {
 public:
  // By stream: the ticket that must have completed; 0: none.
  using Fence = std::array<Ticket, kStreams>;

  explicit SlotHazards(std::uint32_t slots) : slots_(slots) {}

  Fence before_read(SlotId slot) const { return slots_[slot].write; }
  Fence before_write(SlotId slot) const {
    Fence fence = slots_[slot].write;
    for (unsigned i = 0; i < kStreams; ++i) fence[i] = std::max(fence[i], slots_[slot].reads[i]);
    return fence;
  }
  void read(SlotId slot, unsigned stream, Ticket ticket) { slots_[slot].reads[stream] = ticket; }
  // The writer came after everything before it, so it alone stands for that.
  void wrote(SlotId slot, unsigned stream, Ticket ticket) {
    slots_[slot] = {};
    slots_[slot].write[stream] = ticket;
  }

 private:
  struct Slot {
    Fence write{};  // at most one stream
    Fence reads{};  // since that write
  };
  std::vector<Slot> slots_;
};

}  // namespace kvtool::pool
