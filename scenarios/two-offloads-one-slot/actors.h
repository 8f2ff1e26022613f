// two-offloads-one-slot: two device blocks go to the same host slot in one step, on two streams that nothing
// orders; only a later onboarding waits, and only for the second of them.
#pragma once

#include <array>
#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/slot_hazards.h"
#include "core/pool/slot_memory.h"
#include "staging-reuse/copy_engine.h"

namespace kvtool::two_offloads {

// kTracked: every copy waits for the slot's last writer, and a writer for its readers too.
template <class Rt, bool kTracked>
class Offloads {
 public:
  static constexpr unsigned kStreams = 2;
  static constexpr unsigned kActors = 1 + kStreams;
  static constexpr bool kMayBeAbandoned = true;

  Offloads() {
    memory_.write(kFirst, 'A');
    memory_.write(kSecond, 'B');
  }

  static std::string actor_name(unsigned actor) {
    return actor == 0 ? "scheduler" : "stream " + std::to_string(actor - 1);
  }

  void run(unsigned actor) {
    if (actor > 0) return engine_.run(actor - 1, [](const auto&) {});
    copy(0, kFirst, kHost);
    // Low priority: the host slot is free again at once, and the next victim gets it.
    copy(1, kSecond, kHost);
    const pool::Ticket onboarded = copy(1, kHost, kBack);
    engine_.close();
    engine_.wait(1, onboarded);
    for (unsigned half = 0; half < pool::kHalves; ++half)
      Rt::check(memory_.read(kBack, half) == 'B',
                "I2: an onboarded block holds other content than was offloaded");
  }

 private:
  static constexpr pool::SlotId kFirst = 0, kSecond = 1, kBack = 2, kHost = 3;

  pool::Ticket copy(unsigned stream, pool::SlotId from, pool::SlotId to) {
    typename Engine::Fence after{};
    if constexpr (kTracked) {
      after = hazards_.before_write(to);
      const auto readable = hazards_.before_read(from);
      for (unsigned i = 0; i < kStreams; ++i) after[i] = std::max(after[i], readable[i]);
      after[stream] = 0;  // a stream is in order by itself
    }
    const pool::Ticket ticket =
        engine_.enqueue(stream, {.from = from, .to = to, .number = 0, .after = after});
    hazards_.read(from, stream, ticket);
    hazards_.wrote(to, stream, ticket);
    return ticket;
  }

  using Engine = staging_reuse::CopyEngine<Rt, kStreams>;
  pool::SlotMemory<Rt> memory_{4};
  Engine engine_{memory_};
  pool::SlotHazards<kStreams> hazards_{4};  // the scheduler's own
};

}  // namespace kvtool::two_offloads
