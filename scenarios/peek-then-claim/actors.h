// peek-then-claim: the victim is chosen in one hold of the pool's mutex and taken in the next.
#pragma once

#include "core/pool/protocol.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::peek_then_claim {

struct PeekThenClaim : pool::FixedProtocol {
  static constexpr pool::Victim kVictim = pool::Victim::peek;
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
};
// One hold over both; what it leaves open is pop-before-detach.
struct PopAtomically : pool::FixedProtocol {
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
};

template <class Rt, class Protocol>
using Actors = block_pool::BlockPool<Rt, Protocol>;

}  // namespace kvtool::peek_then_claim
