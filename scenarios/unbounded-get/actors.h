// unbounded-get: every rank runs the same loop with a collective in it, and waits in the loop for a transfer
// that needs all ranks. One rank waits for the transfer, the others wait for it in the collective.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "core/explorer/program.h"
#include "unbounded-get/collective.h"

namespace kvtool::unbounded_get {

enum class Wait : std::uint8_t {
  unbounded,    // future.get()
  own_poll,     // for a limited time; a rank takes what it finds
  agreed_poll,  // for a limited time; the ranks take what all of them have found
};

template <class Rt, Wait wait>
class UnboundedGet {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kMostRanks = 4;
  static unsigned actor_count(unsigned ranks, unsigned /*rounds*/) { return 1 + ranks; }
  static std::string actor_name(unsigned actor) {
    return actor == 0 ? std::string("transfer") : explore::numbered("rank ", actor - 1);
  }

  UnboundedGet(unsigned ranks, unsigned rounds) : ranks_(ranks), rounds_(rounds), collective_(ranks) {}

  void run(unsigned actor) {
    if (actor == 0)
      transfer();
    else
      loop(actor - 1);
  }

 private:
  static constexpr std::chrono::microseconds kPoll{20};

  // A rendezvous: no data flow before every rank has posted its receive.
  void transfer() {
    for (unsigned rank = 0; rank < ranks_; ++rank) posted_.acquire();
    for (unsigned rank = 0; rank < ranks_; ++rank) {
      Rt::perturb("unbounded-get:transferred");
      arrived_[rank].release();
    }
  }

  void loop(unsigned rank) {
    // Each rank finds room for the request by itself, in the first round or the second.
    const unsigned room_in = 1 + Rt::choose(2);
    bool pending = false, arrived = false;
    for (unsigned round = 1; round <= rounds_; ++round) {
      Rt::local_state(round, room_in, pending, arrived);
      if (round == room_in) {
        posted_.release();
        pending = true;
      }
      if (pending && !arrived) arrived = get(rank);
      const bool everywhere = collective_.all_of(Call::step, arrived);
      if (wait == Wait::agreed_poll ? everywhere : pending && arrived) {
        // What was transferred is put to use by all ranks together.
        collective_.all_of(Call::take, true);
        pending = arrived = false;
      }
    }
    collective_.all_of(Call::step, false);  // the round after, for which nothing is left
  }
  bool get(unsigned rank) {
    if constexpr (wait != Wait::unbounded) return arrived_[rank].try_acquire_for(kPoll);
    arrived_[rank].acquire();
    return true;
  }

  const unsigned ranks_, rounds_;
  typename Rt::semaphore posted_{0, "receives posted"};
  std::array<typename Rt::semaphore, kMostRanks> arrived_ =
      make_arrived(std::make_index_sequence<kMostRanks>());
  Collective<Rt> collective_;

  static constexpr std::array kNames = {"data for rank 0", "data for rank 1", "data for rank 2",
                                        "data for rank 3"};
  template <std::size_t... I>
  static std::array<typename Rt::semaphore, kMostRanks> make_arrived(std::index_sequence<I...>) {
    return {typename Rt::semaphore(0, kNames[I])...};
  }
};

}  // namespace kvtool::unbounded_get
