// slot-not-released: a reader's deserialiser throws in the middle of a message. Where nothing gives the slot
// back, the writer waits for this reader for ever once the ring has wrapped. J3: progress.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "ring/messages.h"

namespace kvtool::slot_not_released {

template <class Rt, bool in_a_finally>
class SlotNotReleased {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return ring::actor_name(actor); }

  // `poisoned`: the number of the message that cannot be parsed.
  SlotNotReleased(unsigned slots, unsigned messages, unsigned poisoned)
      : messages_(messages), poisoned_(poisoned), ring_(slots, 1) {}

  void run(unsigned actor) {
    if (actor == 0) {
      ring_.send_all(messages_,
                     [this](std::uint64_t number) { sent_.store(number, std::memory_order_relaxed); });
    } else {
      typename Ring::Reader reader(ring_, 0);
      for (std::uint64_t number = 1; number <= messages_; ++number) {
        Rt::local_state(number);
        reader.await();
        if (!take(reader, number) && !in_a_finally) return;  // the request's error ends this worker's loop
      }
    }
  }

  // For whoever watches from outside.
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  const Own& ring() const { return ring_; }

 private:
  struct ParseError {};

  // False when the message could not be parsed.
  bool take(typename Ring::Reader& reader, std::uint64_t number) {
    const auto parse = [&](auto word) {
      const std::array message{word(0), word(1)};
      Own::expect(0, number, message);
      if (number == poisoned_) throw ParseError();
    };
    try {
      if constexpr (in_a_finally) {
        reader.visit(parse);
      } else {
        reader.look(parse);
        reader.acknowledge();
      }
    } catch (const ParseError&) {
      return false;
    }
    return true;
  }

  const unsigned messages_, poisoned_;
  Own ring_;
  typename Rt::template atomic<std::uint64_t> sent_{0, "sent"};
};

}  // namespace kvtool::slot_not_released
