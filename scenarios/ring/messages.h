// A ring in its owner's own memory, and messages whose two words are their number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "core/explorer/program.h"
#include "core/ring/shm_ring.h"

namespace kvtool::ring {

// Names an invariant with numbers, without the heap: an abandoned fiber must own nothing there.
template <class Rt, class... Numbers>
void check(bool holds, const char* format, Numbers... numbers) {
  if (holds) return;
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, numbers...);
  Rt::check(false, text.data());
}

// Who is who in the scenarios of one writer and its readers.
inline std::string actor_name(unsigned actor) {
  return actor == 0 ? std::string("W") : explore::numbered("R", actor - 1);
}

template <class Rt, class Fences = MinimalFences>
class OwnRing {
 public:
  using Ring = ShmRing<Rt, Fences>;
  static constexpr RingShape kMost{.slots = 4, .readers = 4, .words = 2};

  OwnRing(unsigned slots, unsigned readers, Fences fences = {}, unsigned words = 2)
      : ring_(Ring::create(memory_.data(), {.slots = slots, .readers = readers, .words = words}, fences)) {}
  OwnRing(const OwnRing&) = delete;
  OwnRing& operator=(const OwnRing&) = delete;
  operator const Ring&() const { return ring_; }  // NOLINT(google-explicit-constructor): it is one
  const Ring* operator->() const { return &ring_; }

  // The whole of a writer that waits for nothing but the ring: messages 1 to `messages`, each followed by
  // `sent(number)`.
  template <class Sent>
  void send_all(std::uint64_t messages, Sent sent) {
    typename Ring::Writer writer(ring_);
    for (std::uint64_t number = 1; number <= messages; ++number) {
      Rt::local_state(number);
      writer.await();
      send(writer, number);
      sent(number);
    }
  }
  static void send(typename Ring::Writer& writer, std::uint64_t number) {
    const std::array message{number, number};
    writer.write(message);
  }
  // J1, J2: reader `index` takes its next message, which must be `number`.
  template <PayloadUse use = PayloadUse::parsed>
  static void receive(typename Ring::Reader& reader, unsigned index, std::uint64_t number) {
    std::array<std::uint64_t, 2> message{};
    reader.template read<use>(message);
    expect(index, number, message);
  }
  static void expect(unsigned index, std::uint64_t number, const std::array<std::uint64_t, 2>& message) {
    for (unsigned half = 0; half < 2; ++half)
      check<Rt>(message[half] == number, "%s: reader %u message %u half %c = %u",
                message[half] < number ? "J1" : "J2", index, static_cast<unsigned>(number),
                half == 0 ? 'a' : 'b', static_cast<unsigned>(message[half]));
  }

 private:
  alignas(Ring::kAlignment) std::array<std::byte, Ring::bytes(kMost)> memory_;
  Ring ring_;
};

}  // namespace kvtool::ring
