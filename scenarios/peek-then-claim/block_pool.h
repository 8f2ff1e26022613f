// BlockPool: the two actors of the block-pool scenarios. A scheduler allocates primary blocks, whose victims
// are offloaded to the secondary level; a service finds a secondary block by its content, pins it, reads both
// halves and unpins it. Which protocol they follow is BlockManager's template parameter.
#pragma once

#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/block_manager.h"

namespace kvtool::block_pool {

inline constexpr pool::ContentHash kOfPrimary =
    'A';  // what the first allocation moves to the secondary level
inline constexpr pool::ContentHash kOfSecondary = 'B';  // and what it overwrites there
inline constexpr std::uint64_t kNewTokens = 'N';

inline pool::PoolShape shape_of(std::uint32_t primary, std::uint32_t secondary) {
  return {.primary = primary,
          .secondary = secondary,
          .priorities = {35},
          .standard_priority = 35,
          .offload_threshold = 30};
}

// Primary blocks hold 'A' (all of them findable), the first secondary block holds 'B'.
// kAsked: what the service looks for. Memory: see BlockManager.
template <class Rt, class Protocol, bool kRaces = false, pool::ContentHash kAsked = kOfSecondary,
          class Memory = pool::SlotMemory<Rt>>
class BlockPool {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kRacesAreAllowed = kRaces;
  static constexpr bool kMayBeAbandoned = !kRaces;  // a load of the lists lies on the stack

  BlockPool(std::uint32_t primary, std::uint32_t secondary, std::uint32_t rounds)
      : rounds_(rounds), manager_(shape_of(primary, secondary)) {
    for (pool::BlockId block = 0; block < primary; ++block) manager_.preload(block, 'A' + 256 * block, 'A');
    manager_.preload(primary, kOfSecondary, 'B');
  }

  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "rpc"; }

  void run(unsigned actor) {
    for (std::uint32_t i = 0; i < rounds_; ++i) {
      Rt::local_state(actor, i);
      actor == 0 ? schedule() : serve();
    }
  }
  void finish() { manager_.check_at_rest(); }

 protected:
  Memory& memory() { return manager_.memory(); }

 private:
  void schedule() {
    const auto block = manager_.allocate();
    if (!block) return;
    manager_.memory().write(manager_.slot_at(*block, pool::Level::primary), kNewTokens);
    manager_.unpin(*block);
  }
  void serve() {
    const auto found = manager_.find_and_pin(kAsked);
    if (!found) return;
    for (unsigned half = 0; half < pool::kHalves; ++half) {
      Rt::perturb("rpc:before-half");
      Rt::check(manager_.memory().read(found->slot, half) == kAsked,
                "I2: a remote read returns other content than the hash asked for");
    }
    manager_.unpin(found->block);
  }

  const std::uint32_t rounds_;
  pool::BlockManager<Rt, Protocol, Memory> manager_;
};

}  // namespace kvtool::block_pool
