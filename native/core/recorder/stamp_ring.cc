#include "core/recorder/stamp_ring.h"

#include <algorithm>

#include "core/device/stamp_access.h"

namespace kvtool {
namespace {

// How far a GPU may be ahead of the reader. A number beyond it is a mix of two stamps, seen half way.
constexpr std::uint64_t kFurthestAhead = std::uint64_t{1} << 32;

}  // namespace

StampRing::StampRing(StampSlot* slots, std::size_t capacity) : slots_(slots), mask_(capacity - 1) {
  std::fill_n(slots_, capacity, StampSlot{});
}

std::optional<StampRing::Place> StampRing::claim() {
  const std::uint64_t claimed = claimed_.load(std::memory_order_relaxed);
  if (claimed - read_.load(std::memory_order_acquire) > mask_) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  claimed_.store(claimed + 1, std::memory_order_relaxed);
  return Place{slots_ + (claimed & mask_), claimed + 1};
}

void StampRing::cancel(const Place& place) { write_stamp(*place.slot, 0, place.sequence); }

std::optional<StampRing::Reading> StampRing::read() {
  for (;;) {
    const std::uint64_t next = read_.load(std::memory_order_relaxed) + 1;
    const StampReading stamp = read_stamp(slots_[index_of(next)]);
    if (stamp.sequence == next) return Reading{stamp.time, next};
    const std::uint64_t ahead = stamp.sequence - next;
    if (ahead >= kFurthestAhead || (ahead & mask_) != 0) return std::nullopt;
    // The GPU has gone round. The oldest stamp that may still be there is the one after this slot's.
    overwritten_.fetch_add(ahead - mask_, std::memory_order_relaxed);
    read_.fetch_add(ahead - mask_, std::memory_order_release);
  }
}

std::uint64_t StampRing::in_use() const {
  const std::uint64_t read = read_.load(std::memory_order_acquire);
  return claimed_.load(std::memory_order_relaxed) - read;
}

}  // namespace kvtool
