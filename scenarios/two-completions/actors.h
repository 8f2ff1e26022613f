// two-completions: a request is aborted while one transfer fills its blocks and another sends them away. Each
// reports its completion; the first one frees the request, and the second one finds nobody.
#pragma once

#include <array>
#include <cstdint>

#include "core/explorer/program.h"
#include "core/runtime/message_queue.h"

namespace kvtool::two_completions {

enum class Rule : std::uint8_t {
  one_flag,             // "a transfer is pending"; a completion of an unknown request is an error
  ignores_the_unknown,  // the same without the error
  counts,               // how many are pending
};

template <class Rt, Rule rule>
class TwoCompletions {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 3;
  static const char* actor_name(unsigned actor) {
    constexpr std::array kNames = {"scheduler", "recv", "send"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    if (actor == 0)
      schedule();
    else
      transfer(actor == 1 ? Transfer::recv : Transfer::send);
  }

  void finish() { Rt::check(owner_.load() == Owner::next_request, "the blocks are freed in the end"); }

 private:
  static constexpr unsigned kTransfers = 2;
  enum class Transfer : std::uint8_t { recv, send };
  enum class Owner : std::uint8_t { aborted_request, next_request };

  void transfer(Transfer which) {
    Rt::perturb("two-completions:transfer");
    // `buggy` is about the engine's death. Where it lives on, a transfer may work on what it gave away.
    if constexpr (rule != Rule::one_flag)
      Rt::check(owner_.load(std::memory_order_relaxed) == Owner::aborted_request,
                "I2: a block has a new owner while a transfer of the old one uses it");
    completions_.send(which);
  }

  void schedule() {
    bool known = true;  // the aborted request, in the table of requests
    unsigned pending = kTransfers;
    for (unsigned reports = 0; reports < kTransfers; ++reports) {
      (void)completions_.receive();
      Rt::check(known || rule == Rule::ignores_the_unknown,
                "a completion is of a request that the scheduler knows");
      --pending;
      if (rule == Rule::counts && pending > 0) continue;
      known = false;
      owner_.store(Owner::next_request, std::memory_order_relaxed);
    }
  }

  typename Rt::template atomic<Owner> owner_{Owner::aborted_request, "owner of the blocks"};
  MessageQueue<Rt, Transfer, kTransfers> completions_{"completions"};
};

}  // namespace kvtool::two_completions
