// dead-reader: a reader's process dies before it gives its slot back. J3: the writer gets on, or says of whom
// it despaired.
#pragma once

#include <cstdint>
#include <string>

#include "ring/messages.h"

namespace kvtool::dead_reader {

enum class Wait : std::uint8_t {
  regardless,  // until the flags allow it
  stoppable,   // until then or until the engine is told to stop
  attentive,   // and looks whether the reader that it waits for is alive
};

template <class Rt, Wait wait>
class DeadReader {
  using Own = ring::OwnRing<Rt>;
  using Ring = typename Own::Ring;

 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 4;
  static std::string actor_name(unsigned actor) {
    return actor == 0   ? std::string("W")
           : actor == 3 ? std::string("supervisor")
                        : "R" + std::to_string(actor - 1);
  }

  // `stopped`: the supervisor asks the engine to stop when it sees a death.
  DeadReader(unsigned messages, bool stopped) : messages_(messages), stopped_(stopped) {}

  void run(unsigned actor) {
    if (actor == 0) return write();
    if (actor == 3) return supervise();
    read(actor - 1);
    // The kernel notices the end of the process, however it ended.
    alive_[actor - 1].store(false, std::memory_order_release);
  }

  void finish() {
    if (wait == Wait::attentive && despaired_of_.load() >= 0)
      ring::check<Rt>(!alive_[static_cast<unsigned>(despaired_of_.load())].load(),
                      "J3: the writer gave up on reader %d, which is alive", despaired_of_.load());
  }

 private:
  void write() {
    typename Ring::Writer writer(ring_);
    for (std::uint64_t number = 1; number <= messages_; ++number) {
      Rt::local_state(number);
      const bool free = writer.await([&] {
        if (wait != Wait::regardless && stop_.load(std::memory_order_acquire)) return true;
        return wait == Wait::attentive && !alive_[writer.awaited_reader()].load(std::memory_order_acquire) &&
               !ring_->is_read(writer.slot(), writer.awaited_reader());
      });
      if (!free) {
        // "writer waits for reader r of slot k, which is dead": an error for the caller instead of a spin.
        if (wait == Wait::attentive && !stop_.load(std::memory_order_acquire))
          despaired_of_.store(static_cast<int>(writer.awaited_reader()));
        break;
      }
      Own::send(writer, number);
    }
    written_.store(true, std::memory_order_release);
  }

  void read(unsigned index) {
    typename Ring::Reader reader(ring_, index);
    for (std::uint64_t number = 1; number <= messages_; ++number) {
      Rt::local_state(number);
      const bool there = reader.await([&] { return written_.load(std::memory_order_acquire); });
      if (!there && !reader.may_read()) return;
      // Reader 1 may be killed here: it has not given the slot back.
      if (index == 1 && Rt::choose(2) == 1) return;
      reader.acknowledge();  // what is in the message decides nothing
    }
  }

  void supervise() {
    if (!stopped_) return;  // whatever it sees
    typename Rt::spin spin;
    for (;;) {
      const bool done = written_.load(std::memory_order_acquire);
      const bool death = !alive_[1].load(std::memory_order_acquire);
      if (death) stop_.store(true, std::memory_order_release);
      if (done || death) return;
      spin.wait();
    }
  }

  const unsigned messages_;
  const bool stopped_;
  Own ring_{1, 2, {}, 1};  // one slot, two readers, messages of one word
  typename Rt::template atomic<bool> alive_[2] = {{true, "R0 alive"}, {true, "R1 alive"}};
  typename Rt::template atomic<bool> stop_{false, "shutdown"}, written_{false, "writer done"};
  typename Rt::template atomic<int> despaired_of_{-1, "despaired of"};
};

}  // namespace kvtool::dead_reader
