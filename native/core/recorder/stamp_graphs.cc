#include "core/recorder/stamp_graphs.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kvtool {

StampGraphs::StampGraphs(Device& device, std::size_t events, std::size_t stamps, StampSlot* slots,
                         std::uint64_t* stamped)
    : device_(device), slots_(slots), stamped_(stamped), stamps_(stamps) {
  for (std::size_t i = 0; i < events; ++i)
    places_.push_back(std::make_unique<Place>(slots_ + i * stamps_, stamps_));
}

Status StampGraphs::record(StreamId stream, Event&& event) {
  std::size_t index = 0;
  {
    const std::lock_guard guard(mutex_);
    const auto free = std::find_if(places_.begin(), places_.end(), [](const auto& at) { return !at->taken; });
    if (free == places_.end()) return Status::out_of_memory;
    index = static_cast<std::size_t>(free - places_.begin());
    (*free)->taken = true;
    (*free)->event = std::move(event);
  }
  used_.fetch_add(1, std::memory_order_relaxed);
  const Status status = device_.stamp_next(
      stream, {.slots = slots_ + index * stamps_, .mask = stamps_ - 1, .stamped = stamped_ + index});
  if (status == Status::ok) return status;
  {
    const std::lock_guard guard(mutex_);
    event = std::exchange(places_[index]->event, Event{});
    places_[index]->taken = false;
  }
  used_.fetch_sub(1, std::memory_order_relaxed);
  return status;
}

void StampGraphs::read(const std::function<void(std::uint64_t, Event&&)>& sink) {
  const std::lock_guard guard(mutex_);
  for (const auto& place : places_) {
    if (!place->taken) continue;
    while (const auto stamp = place->ring.read()) {
      sink(stamp->device_ns, Event(place->event));
      place->ring.release();
    }
  }
}

std::uint64_t StampGraphs::overwritten() const {
  return std::accumulate(places_.begin(), places_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& at) { return sum + at->ring.overwritten(); });
}

}  // namespace kvtool
