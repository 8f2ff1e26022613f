// ring: one writer sends messages 1, 2, 3 ... through a ShmRing; every reader must get them in order and
// whole. A message's two words are its number.
//
// Invariants: J1 a reader's k-th message is the writer's k-th, whole; J2 no message is overwritten before all
// have read it; J4 no acknowledgement is lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/explorer/program.h"
#include "core/ring/shm_ring.h"

namespace kvtool::ring {

struct TrafficSize {
  unsigned slots = 1, readers = 1, messages = 2;
};

// Everything is in the object: placed in shared memory, its actors may be processes.
template <class Rt, class Fences, PayloadUse use = PayloadUse::parsed>
class Traffic {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr RingShape kMost{.slots = 4, .readers = 4, .words = 2};

  explicit Traffic(TrafficSize size, Fences fences = {})
      : size_(size),
        ring_(Ring::create(memory_.data(), {.slots = size.slots, .readers = size.readers, .words = 2},
                           fences)) {}

  template <class... More>
  static unsigned actor_count(const TrafficSize& size, const More&...) {
    return 1 + size.readers;
  }
  static std::string actor_name(unsigned actor) {
    return actor == 0 ? std::string("W") : "R" + std::to_string(actor - 1);
  }

  void run(unsigned actor) {
    if (actor == 0)
      write();
    else
      read(actor - 1);
  }

  // Every message was read; its slot must show that.
  void finish() {
    const unsigned used = size_.messages < size_.slots ? size_.messages : size_.slots;
    for (unsigned slot = 0; slot < used; ++slot)
      for (unsigned reader = 0; reader < size_.readers; ++reader)
        if (!ring_.is_read(slot, reader)) {
          Text text;
          std::snprintf(text.data(), text.size(),
                        "J4: reader %u has read slot %u, and its flag says that it has not", reader, slot);
          Rt::check(false, text.data());
        }
  }

 private:
  using Ring = ShmRing<Rt, Fences>;
  using Text = std::array<char, 96>;

  void write() {
    typename Ring::Writer writer(ring_);
    for (std::uint64_t number = 1; number <= size_.messages; ++number) {
      Rt::local_state(number);
      writer.await();
      const std::array message{number, number};
      writer.write(message);
    }
  }

  void read(unsigned index) {
    typename Ring::Reader reader(ring_, index);
    for (std::uint64_t number = 1; number <= size_.messages; ++number) {
      Rt::local_state(number);
      reader.await();
      std::array<std::uint64_t, 2> message{};
      reader.template read<use>(message);
      for (unsigned half = 0; half < 2; ++half) check(index, number, half, message[half]);
    }
  }

  // On the stack: an abandoned fiber must own no heap memory.
  static void check(unsigned reader, std::uint64_t number, unsigned half, std::uint64_t value) {
    if (value == number) return;
    Text text;
    std::snprintf(text.data(), text.size(), "%s: reader %u message %u half %c = %u",
                  value < number ? "J1" : "J2", reader, static_cast<unsigned>(number), half == 0 ? 'a' : 'b',
                  static_cast<unsigned>(value));
    Rt::check(false, text.data());
  }

  TrafficSize size_;
  alignas(Ring::kAlignment) std::array<std::byte, Ring::bytes(kMost)> memory_;
  Ring ring_;
};

}  // namespace kvtool::ring
