// ring-parked: a reader that sleeps instead of spinning. It says that it is parked and looks once more; the
// writer publishes and looks whether somebody is parked. J3: a published message is consumed.
#pragma once

#include <cstdint>
#include <string>

#include "core/ring/parking.h"
#include "ring/messages.h"

namespace kvtool::ring_parked {

template <class Rt, ParkingFences fences>
class Parked {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return ring::actor_name(actor); }

  explicit Parked(unsigned messages) : messages_(messages) {}

  void run(unsigned actor) {
    if (actor == 0) {
      ring_.send_all(messages_, [this](std::uint64_t) { spot_.wake(); });
    } else {
      typename Ring::Reader reader(ring_, 0);
      for (std::uint64_t number = 1; number <= messages_; ++number) {
        Rt::local_state(number);
        if (!reader.may_read()) spot_.park([&] { return reader.may_read(); });
        Own::receive(reader, 0, number);
      }
    }
  }

 private:
  const unsigned messages_;
  Own ring_{1, 1};
  ParkingSpot<Rt, fences> spot_;
};

}  // namespace kvtool::ring_parked
