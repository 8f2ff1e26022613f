// lru-unlocked: the lists of a block pool that was written for one thread, used by two.
#pragma once

#include <cstdint>

#include "core/pool/lru_pool.h"
#include "core/pool/protocol.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::lru_unlocked {

struct Unlocked : pool::FixedProtocol {
  static constexpr bool kLocked = false;
  static constexpr bool kReleaseLocked = false;
  static constexpr pool::Victim kVictim = pool::Victim::peek;
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
  static constexpr bool kUnpinInOneHold = false;
  static constexpr bool kCountFirst = true;
};
struct ExpiryInPlace : pool::FixedProtocol {
  static constexpr bool kExpiryInPlace = true;
};

template <class Rt>
using UnlockedActors = block_pool::BlockPool<Rt, Unlocked, true>;
template <class Rt>
using FixedActors = block_pool::BlockPool<Rt, pool::FixedProtocol>;

// The scheduler gives blocks a time to live and demotes those whose time has come; the service pins and
// unpins.
template <class Rt, class Protocol>
class Expiry {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;
  Expiry(std::uint32_t primary, std::uint32_t, std::uint32_t rounds)
      : rounds_(rounds),
        pool_({.primary = primary + 1, .secondary = 0, .priorities = {30, 35}, .standard_priority = 35}) {}

  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "rpc"; }

  void run(unsigned actor) {
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      Rt::local_state(actor, round);
      if (actor == 0) {
        for (pool::BlockId block = 0; block < pool_.shape().blocks(); ++block)
          pool_.set_expiry(block, 10 * (block + 1));
        pool_.set_expiry(0, 1000);
        pool_.demote_expired(20);
      } else if (pool_.pin(pool_.shape().blocks() - 1)) {
        pool_.unpin(pool_.shape().blocks() - 1);
      }
    }
  }
  void finish() { pool_.check_at_rest(); }

 private:
  const std::uint32_t rounds_;
  pool::LruPool<Rt, Protocol> pool_;
};

}  // namespace kvtool::lru_unlocked
