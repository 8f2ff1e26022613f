// Callables: which objects of the runtime are alive, for `callable-lifetime`. A binding that keeps a pointer
// to an object without a reference finds another object there later, or none. Here a pointer is a slot and
// the generation of what was in it, so that such a use is seen and never made.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/runtime/flight.h"

namespace kvtool::gil_hostfunc {

template <class Rt>
class Callables {
 public:
  // What a converted argument is: a pointer and no reference. Fits into a double.
  using Pointer = std::uint64_t;

  explicit Callables(Flight& flight) : flight_(flight) {}

  // The runtime has made an object, in the memory of the one freed last if there is one.
  Pointer make() {
    const std::lock_guard guard(mutex_);
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(generations_.size()));
      generations_.push_back(0);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return (generations_[slot] << kSlotBits) | slot;
  }

  // The runtime has freed it: its last reference is gone. Once more: nothing.
  void freed(Pointer object) {
    const std::lock_guard guard(mutex_);
    if (!is_current(object)) return;
    ++generations_[slot_of(object)];
    free_.push_back(slot_of(object));
  }

  // It is about to be called. False when it was freed before, which is counted.
  bool use(Pointer object) {
    {
      const std::lock_guard guard(mutex_);
      if (is_current(object)) return true;
    }
    flight_.counter("violation.use-after-free", CounterKind::gauge).add(1);
    return false;
  }

 private:
  static constexpr unsigned kSlotBits = 16;

  static std::uint32_t slot_of(Pointer object) {
    return static_cast<std::uint32_t>(object & ((1U << kSlotBits) - 1));
  }
  bool is_current(Pointer object) const {
    const std::uint32_t slot = slot_of(object);
    return slot < generations_.size() && generations_[slot] == object >> kSlotBits;
  }

  Flight& flight_;
  // Guards the two below. Leaf lock.
  typename Rt::mutex mutex_;
  std::vector<std::uint64_t> generations_;  // by slot: of the object that is or was last in it
  std::vector<std::uint32_t> free_;
};

}  // namespace kvtool::gil_hostfunc
