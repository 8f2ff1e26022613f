// pop-before-detach: the victim is popped atomically, but its hash stays in the lookup tree until after the
// copy.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/pool/protocol.h"
#include "peek-then-claim/block_pool.h"
#include "pop-before-detach/timed_memory.h"

namespace kvtool::pop_before_detach {

struct LateDetach : pool::FixedProtocol {
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
};
// The spare block is safe, but the one whose content moves is still found during the copy.
struct ShortHold : pool::FixedProtocol {
  static constexpr pool::TreeHold kTree = pool::TreeHold::short_hold;
};
// A second fix: what an allocation has taken cannot be pinned, so lookups need not wait for a copy.
struct RefuseTaken : pool::FixedProtocol {
  static constexpr pool::TreeHold kTree = pool::TreeHold::refuse_taken;
};

// A block pool whose copies take time. `kAsked`: the service asks for the content that the scheduler drops,
// or for that which it moves.
template <class Rt, class Protocol, pool::ContentHash kAsked = block_pool::kOfSecondary>
class Actors : public block_pool::BlockPool<Rt, Protocol, false, kAsked, TimedMemory<Rt>> {
 public:
  Actors(std::uint32_t primary, std::uint32_t secondary, std::uint32_t rounds, std::chrono::microseconds copy)
      : block_pool::BlockPool<Rt, Protocol, false, kAsked, TimedMemory<Rt>>(primary, secondary, rounds) {
    this->memory().copies_take(copy);
  }
};
template <class Rt, class Protocol>
using AskForMoved = Actors<Rt, Protocol, block_pool::kOfPrimary>;

}  // namespace kvtool::pop_before_detach
