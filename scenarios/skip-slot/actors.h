// skip-slot: who finds the current slot busy tries the next one. J1: the order of the messages.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "ring/messages.h"

namespace kvtool::skip_slot {

enum class Skips : std::uint8_t { nobody, writer, reader };

template <class Rt, Skips skips>
class SkipSlot {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "W" : "R0"; }

  SkipSlot(unsigned slots, unsigned messages) : slots_(slots), messages_(messages), ring_(slots, 1) {}

  void run(unsigned actor) {
    if (actor == 0)
      write();
    else
      read();
  }

 private:
  // More than the reader takes: what comes in the wrong place is met, and not waited for.
  void write() {
    typename Ring::Writer writer(ring_);
    for (std::uint64_t number = 1; number <= messages_ + slots_; ++number) {
      Rt::local_state(number, writer.slot());
      const bool found = find<skips == Skips::writer>(
          writer, [](auto& end) { return end.may_write(); },
          [this](unsigned slot) { return typename Ring::Writer(ring_, slot); });
      if (!found) return;
      Own::send(writer, number);
    }
  }

  void read() {
    typename Ring::Reader reader(ring_, 0);
    for (std::uint64_t number = 1; number <= messages_; ++number) {
      Rt::local_state(number, reader.slot());
      find<skips == Skips::reader>(
          reader, [](auto& end) { return end.may_read(); },
          [this](unsigned slot) { return typename Ring::Reader(ring_, 0, slot); });
      std::array<std::uint64_t, 2> message{};
      reader.template read<PayloadUse::parsed>(message);
      ring::check<Rt>(message[0] == number && message[1] == number, "J1: message %u is message %u",
                      static_cast<unsigned>(number), static_cast<unsigned>(message[0]));
    }
    done_.store(true, std::memory_order_release);
  }

  // The slot that is ready: the current one, or from there on the first. False when the reader is done.
  template <bool goes_on, class End, class Ready, class At>
  bool find(End& end, Ready ready, At at_slot) {
    for (typename Rt::spin spin;; spin.wait()) {
      for (unsigned i = 0; i < (goes_on ? slots_ : 1); ++i) {
        if (ready(end)) return true;
        if (goes_on) end = at_slot((end.slot() + 1) % slots_);
      }
      if (done_.load(std::memory_order_acquire)) return false;
    }
  }

  const unsigned slots_, messages_;
  Own ring_;
  typename Rt::template atomic<bool> done_{false, "reader done"};
};

}  // namespace kvtool::skip_slot
