// ring: one writer sends messages 1, 2, 3 ... through a ShmRing; every reader must get them in order and
// whole.
//
// Invariants: J1 a reader's k-th message is the writer's k-th, whole; J2 no message is overwritten before all
// have read it; J4 no acknowledgement is lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "ring/messages.h"

namespace kvtool::ring {

struct TrafficSize {
  unsigned slots = 1, readers = 1, messages = 2;
  // False: readers acknowledge without looking at the payload, so that what is left to fail is progress. No
  // decision of the ring depends on a payload.
  bool checked = true;
};

// Everything is in the object: placed in shared memory, its actors may be processes.
template <class Rt, class Fences, PayloadUse use = PayloadUse::parsed>
class Traffic {
  using Own = OwnRing<Rt, Fences>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;

  explicit Traffic(TrafficSize size, Fences fences = {})
      : size_(size), ring_(size.slots, size.readers, fences, size.checked ? 2 : 1) {}

  template <class... More>
  static unsigned actor_count(const TrafficSize& size, const More&...) {
    return 1 + size.readers;
  }
  static std::string actor_name(unsigned actor) { return ring::actor_name(actor); }

  void run(unsigned actor) {
    if (actor == 0)
      ring_.send_all(size_.messages, [](std::uint64_t) {});
    else
      read(actor - 1);
  }

  // Every message was read; its slot must show that.
  void finish() {
    if (!size_.checked) return;
    for (unsigned slot = 0; slot < std::min(size_.messages, size_.slots); ++slot)
      for (unsigned reader = 0; reader < size_.readers; ++reader)
        check<Rt>(ring_->is_read(slot, reader),
                  "J4: reader %u has read slot %u, and its flag says that it has not", reader, slot);
  }

 private:
  void read(unsigned index) {
    typename Ring::Reader reader(ring_, index);
    for (std::uint64_t number = 1; number <= size_.messages; ++number) {
      Rt::local_state(number);
      reader.await();
      if (size_.checked)
        Own::template receive<use>(reader, index, number);
      else
        reader.acknowledge();
    }
  }

  TrafficSize size_;
  Own ring_;
};

}  // namespace kvtool::ring
