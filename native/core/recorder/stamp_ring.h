// StampRing: the slots of one stream, used again and again, and the order in which its stamps are read.
//
// Stamp number n (from 1) goes to slot (n - 1) mod capacity. Two ways to number them, of which a ring uses
// one:
//   by the host   claim() a place and hand it to Device::stamp or to a kernel. A full ring refuses and
//   counts. by the GPU    kernels count for themselves (StampCursor in native/cuda/stamp.cuh), as in a CUDA
//   graph that
//                 is launched many times. What they overwrote before it was read is counted.
//
// Nothing here waits, calls the device or takes a lock. One thread claims and cancels at a time, and one
// reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/device/stamp_slot.h"

namespace kvtool {

class StampRing {
 public:
  struct Place {
    StampSlot* slot;
    std::uint64_t sequence;
  };
  struct Reading {
    std::uint64_t device_ns;  // 0: cancelled
    std::uint64_t sequence;
  };

  // `slots` is pinned memory, which the ring clears; it must stay as long as anybody may stamp. REQUIRES:
  // `capacity` is a power of two.
  StampRing(StampSlot* slots, std::size_t capacity);
  StampRing(const StampRing&) = delete;
  StampRing& operator=(const StampRing&) = delete;

  // None when `capacity` stamps are claimed and not yet released.
  std::optional<Place> claim();
  // The place will never be stamped: the launch failed. The reader passes over it, in its turn.
  static void cancel(const Place& place);

  // The next stamp, as soon as the GPU has made it; stays the next one until release().
  std::optional<Reading> read();
  // REQUIRES: read() has returned something.
  void release() { read_.fetch_add(1, std::memory_order_release); }

  std::size_t capacity() const { return mask_ + 1; }
  std::size_t index_of(std::uint64_t sequence) const { return (sequence - 1) & mask_; }
  // Claimed and not released.
  std::uint64_t in_use() const;
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // Stamps that the GPU made and overwrote before they were read.
  std::uint64_t overwritten() const { return overwritten_.load(std::memory_order_relaxed); }

 private:
  StampSlot* const slots_;
  const std::uint64_t mask_;
  // Written by the thread that claims; read by both.
  std::atomic<std::uint64_t> claimed_{0};
  // Written by the reader. Release: what it took from a place comes before the place is claimed again.
  std::atomic<std::uint64_t> read_{0};
  // Relaxed: they are only looked at.
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> overwritten_{0};
};

}  // namespace kvtool
