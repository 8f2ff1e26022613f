// spin-holds-gil: writer and reader are threads of one interpreter. The writer's wait yields the processor
// but keeps the runtime lock, so the reader never gets to set the flag for which the writer waits.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "ring/messages.h"

namespace kvtool::spin_holds_gil {

enum class Yield : std::uint8_t {
  keeps_lock,  // sched_yield called without giving the runtime lock up
  drops_lock,  // a wait that gives it up, as time.sleep(0) does
};

template <class Rt, Yield yield>
class SpinHoldsGil {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return ring::actor_name(actor); }

  SpinHoldsGil(unsigned slots, unsigned messages) : messages_(messages), ring_(slots, 1) {}

  void run(unsigned actor) {
    if (actor == 0)
      write();
    else
      read();
  }

  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }

 private:
  using Lock = typename Rt::runtime_lock;

  void write() {
    typename Ring::Writer writer(ring_);
    const std::lock_guard running(gil_);
    for (std::uint64_t number = 1; number <= messages_; ++number) {
      Rt::local_state(number);
      if constexpr (yield == Yield::drops_lock) {
        gil_.unlock();
        writer.await();
        gil_.lock();
      } else {
        writer.await();
      }
      Own::send(writer, number);
      sent_.store(number, std::memory_order_relaxed);
    }
  }

  // Waits outside of the interpreter and reads inside of it.
  void read() {
    typename Ring::Reader reader(ring_, 0);
    for (std::uint64_t number = 1; number <= messages_; ++number) {
      Rt::local_state(number);
      reader.await();
      const std::lock_guard running(gil_);
      Own::receive(reader, 0, number);
      received_.store(number, std::memory_order_relaxed);
    }
  }

  const unsigned messages_;
  Own ring_;
  Lock gil_{"GIL"};
  typename Rt::template atomic<std::uint64_t> sent_{0, "sent"}, received_{0, "received"};
};

}  // namespace kvtool::spin_holds_gil
