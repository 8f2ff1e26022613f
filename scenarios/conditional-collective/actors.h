// conditional-collective: each rank enters an all-reduce only when its own list has something in it. A rank
// with an empty list goes by, and its peer waits in the collective for ever.
#pragma once

#include <string>

#include "core/explorer/program.h"

namespace kvtool::conditional_collective {

template <class Rt, bool conditional>
class ConditionalCollective {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return "rank " + std::to_string(actor); }

  explicit ConditionalCollective(unsigned rounds) : rounds_(rounds) {}

  void run(unsigned rank) {
    for (unsigned round = 1; round <= rounds_; ++round) {
      Rt::local_state(round);
      // Rank 0 always has something finished; whether rank 1 has depends on its own transfers.
      const bool something = rank == 0 || Rt::choose(2) == 0;
      if (something || !conditional) all_reduce(rank);
    }
  }

 private:
  // Over when the other has come, too. Like NCCL's, it knows no limit of time.
  void all_reduce(unsigned rank) {
    came_[1 - rank].release();
    came_[rank].acquire();
  }

  const unsigned rounds_;
  typename Rt::semaphore came_[2] = {typename Rt::semaphore(0, "rank 1 came"),
                                     typename Rt::semaphore(0, "rank 0 came")};
};

}  // namespace kvtool::conditional_collective
