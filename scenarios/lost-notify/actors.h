// lost-notify: a reader that goes idle waits for a ping of the writer; the channel keeps one ping and drops
// silently what it cannot keep or what comes before the reader listens. J3: a published message is consumed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ring/messages.h"

namespace kvtool::lost_notify {

enum class Poll : std::uint8_t {
  unbounded,  // waits for the ping alone
  reliable,   // the same, on a channel that drops nothing
  rechecked,  // looks at the flag again after a bounded time
};

template <class Rt, Poll poll>
class LostNotify {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return ring::actor_name(actor); }

  explicit LostNotify(unsigned messages) : messages_(messages), ring_(messages, 1) {}

  void run(unsigned actor) {
    if (actor == 0) {
      ring_.send_all(messages_, [this](std::uint64_t) { ping(); });
    } else {
      typename Ring::Reader reader(ring_, 0);
      for (std::uint64_t number = 1; number <= messages_; ++number) {
        Rt::local_state(number);
        while (!reader.may_read()) idle();
        Own::receive(reader, 0, number);
      }
    }
  }

 private:
  // The published limit: with it, a lost ping delays a message by this much.
  static constexpr std::chrono::seconds kRecheck{5};

  void ping() {
    // Whether this one is dropped depends on the socket's other end, which the writer does not see.
    if (poll != Poll::reliable && Rt::choose(2) == 1) return;
    pings_.release();
  }
  void idle() {
    if constexpr (poll == Poll::rechecked)
      (void)pings_.try_acquire_for(kRecheck);
    else
      pings_.acquire();
  }

  const unsigned messages_;
  Own ring_;  // with room for all: the writer never waits
  typename Rt::semaphore pings_{0, "ping"};
};

}  // namespace kvtool::lost_notify
