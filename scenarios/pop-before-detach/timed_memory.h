// TimedMemory: slots whose copies take as long as a transfer over PCIe, when the actors run for real. In the
// model time does not count: what may happen during a copy is explored, however long the copy is.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/pool/slot_memory.h"
#include "core/runtime/real_clock.h"

namespace kvtool::pop_before_detach {

template <class Rt>
class TimedMemory : public pool::SlotMemory<Rt> {
  using Slots = pool::SlotMemory<Rt>;

 public:
  using Slots::Slots;

  // Before the actors start.
  void copies_take(std::chrono::microseconds time) { copy_time_ = time; }

  // Returns when the copy is done, as after a synchronisation with its stream; the content moves at the end.
  void copy(pool::SlotId from, pool::SlotId to) {
    if constexpr (!Rt::kIsModel) {
      const std::uint64_t end = deadline_after<typename Rt::clock>(copy_time_);
      while (Rt::clock::monotonic_ns() < end) Rt::yield();
    }
    Slots::copy(from, to);
  }

 private:
  std::chrono::microseconds copy_time_{0};
};

}  // namespace kvtool::pop_before_detach
