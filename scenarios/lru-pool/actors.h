// lru-pool: the measure of a block pool: one thread allocates and gives back, another pins and unpins.
#pragma once

#include <cstdint>

#include "core/pool/lru_pool.h"
#include "core/pool/protocol.h"

namespace kvtool::lru_pool {

// Chooses in one hold, takes in the next, and does not ask whether it got it.
template <class Rt, bool kPeek>
class LruPins {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;

  LruPins(std::uint32_t blocks, std::uint32_t operations)
      : blocks_(blocks),
        operations_(operations),
        pool_({.primary = blocks, .secondary = 0, .priorities = {35}, .standard_priority = 35}) {}

  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "rpc"; }

  void run(unsigned actor) {
    for (std::uint32_t i = 0; i < operations_; ++i) {
      Rt::local_state(actor, i);
      actor == 0 ? allocate() : pin(i % blocks_);
    }
  }
  void finish() { pool_.check_at_rest(); }

 private:
  void allocate() {
    std::optional<pool::BlockId> block;
    if constexpr (kPeek) {
      block = pool_.front(pool::Level::primary);
      Rt::perturb("lru-pool:between-peek-and-claim");
      if (block) pool_.try_take(*block);
    } else {
      block = pool_.try_pop(pool::Level::primary);
    }
    if (!block) return;
    pool_.acquire(*block);
    pool_.unpin(*block);
  }
  // Of a block that somebody uses there is nothing to read.
  void pin(pool::BlockId block) {
    if (!pool_.try_take(block)) return;
    pool_.acquire(block);
    Rt::perturb("lru-pool:pinned");
    pool_.unpin(block);
  }

  const std::uint32_t blocks_, operations_;
  pool::LruPool<Rt> pool_;
};

}  // namespace kvtool::lru_pool
