// The protocols of LruPool and BlockManager. FixedProtocol is the public default; each of its constants
// closes one documented hole, and a protocol derived from it may open that hole again, so that a scenario
// shows the failure in the classes' own code:
//
//   struct PeekThenClaim : pool::FixedProtocol {
//     static constexpr Victim kVictim = Victim::peek;
//   };
//   BlockManager<Rt, PeekThenClaim> manager(shape);
//
// Everything here is decided at compile time: the default costs nothing.
#pragma once

#include <cstdint>

namespace kvtool::pool {

// How a victim leaves its free list.
enum class Victim : std::uint8_t {
  pop,   // chosen and taken in one hold of the pool's mutex
  peek,  // chosen in one hold, taken in the next: in between somebody else may take it
};

// What keeps a lookup from pinning a block that an allocation is about to overwrite.
enum class TreeHold : std::uint8_t {
  // One hold of the tree's mutex over taking the victims, detaching them, the copy, the swap and the release;
  // a lookup holds it over find and pin. Lookups wait for a copy.
  over_copy,
  // The victim can be found until the copy is done, but a lookup holds the tree's mutex over find and pin,
  // and
  // pinning refuses what an allocation has taken. The mutex is never held during a copy.
  refuse_taken,
  // Over taking and detaching only: the block whose content moves can still be pinned during the copy.
  short_hold,
  // Detached after the copy; find and pin are two operations, and pinning refuses nothing.
  late_detach,
};

// What moving a block to the other level asks before it changes the slot.
enum class MoveCheck : std::uint8_t {
  twice,  // nobody else has a pin, before the copy and again in one hold with the swap
  once,   // before the copy only
  never,
};

struct FixedProtocol {
  static constexpr bool kLocked = true;         // the pool's lists and references have a mutex at all
  static constexpr bool kReleaseLocked = true;  // and giving a block back takes it
  static constexpr Victim kVictim = Victim::pop;
  static constexpr TreeHold kTree = TreeHold::over_copy;
  static constexpr bool kCountFirst = false;  // counts the free blocks, and pops later without asking
  static constexpr MoveCheck kMoveCheck = MoveCheck::twice;
  static constexpr bool kUnpinInOneHold = true;   // drop the reference, test for zero and release
  static constexpr bool kClaimBeforeSwap = true;  // take both blocks out of their lists before levels change
  static constexpr bool kRecheckVictim = true;    // evict() asks again whether its candidate is still free
  static constexpr bool kExpiryInPlace = false;   // changes the key of a block that is in the expiry order
};

}  // namespace kvtool::pool
