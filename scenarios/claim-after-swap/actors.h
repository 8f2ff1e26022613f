// claim-after-swap: an allocation that offloads swaps the slots of two free blocks first and takes them out
// of their lists afterwards, when their levels name the wrong lists. One thread is enough.
#pragma once

#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/block_manager.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::claim_after_swap {

struct SwapThenClaim : pool::FixedProtocol {
  static constexpr pool::Victim kVictim = pool::Victim::peek;
  static constexpr bool kClaimBeforeSwap = false;
};

template <class Rt, class Protocol>
class Allocating {
 public:
  static constexpr unsigned kActors = 1;
  static constexpr bool kMayBeAbandoned = true;

  Allocating(std::uint32_t blocks, std::uint32_t rounds)
      : rounds_(rounds), manager_(block_pool::shape_of(blocks, blocks)) {
    for (pool::BlockId block = 0; block < blocks; ++block) manager_.preload(block, 1 + block, 'A');
  }

  static const char* actor_name(unsigned) { return "scheduler"; }

  void run(unsigned) {
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      Rt::local_state(round);
      if (!manager_.allocate()) return;
    }
  }
  void finish() { manager_.check_at_rest(); }

 private:
  const std::uint32_t rounds_;
  pool::BlockManager<Rt, Protocol> manager_;
};

}  // namespace kvtool::claim_after_swap
