// ParkingSpot: where a reader of a ring sleeps when spinning has not paid, and where the writer wakes it.
//
//   reader:  spot.park(may_read)              parked = 1; [fence]; not may_read()? sleep
//   writer:  writer.write(m); spot.wake();    written = 1; [fence]; parked? wake it
//
// Each side stores its own flag and then loads the other's. Without a full fence on *both* sides a processor
// may let the load pass the store (x86-64 too, which reorders nothing else): the reader sees no message, the
// writer sees nobody parked, and the reader sleeps for ever.
#pragma once

#include <atomic>
#include <cstdint>

namespace kvtool {

enum class ParkingFences : std::uint8_t { none, writer, reader, both };

// One reader's. `fences`: all but `both` are there to show the freeze. The semaphore is that of a process;
// readers in other processes need one that crosses them.
template <class Rt, ParkingFences fences = ParkingFences::both>
class ParkingSpot {
 public:
  ParkingSpot() = default;
  ParkingSpot(const ParkingSpot&) = delete;
  ParkingSpot& operator=(const ParkingSpot&) = delete;

  // The reader, until `ready()`.
  template <class Ready>
  void park(Ready ready) {
    for (;;) {
      parked_.store(1, std::memory_order_relaxed);
      if constexpr (fences == ParkingFences::reader || fences == ParkingFences::both)
        Rt::fence(std::memory_order_seq_cst);
      if (ready()) break;
      Rt::perturb("ring:before-sleep");
      notified_.acquire();
    }
    parked_.store(0, std::memory_order_relaxed);
  }

  // The writer, after it has published. Wakes a parked reader; one wake-up too many only makes it look again.
  void wake() {
    if constexpr (fences == ParkingFences::writer || fences == ParkingFences::both)
      Rt::fence(std::memory_order_seq_cst);
    if (parked_.load(std::memory_order_relaxed) != 0) notified_.release();
  }

 private:
  typename Rt::template atomic<std::uint8_t> parked_{0, "parked"};
  typename Rt::semaphore notified_{0, "notified"};
};

}  // namespace kvtool
