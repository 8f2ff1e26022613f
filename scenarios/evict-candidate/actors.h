// evict-candidate: a victim is chosen in one critical section and evicted in a later one; a reader that
// locked it in between reads what is no longer there.
#pragma once

#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/block_manager.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::evict_candidate {

struct EvictAnyway : pool::FixedProtocol {
  static constexpr bool kRecheckVictim = false;
};

template <class Rt, class Protocol>
class Eviction {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;

  explicit Eviction(std::uint32_t victims) : victims_(victims), manager_(block_pool::shape_of(1, victims)) {
    for (pool::BlockId block = 0; block <= victims; ++block)
      manager_.preload(block, 'A' + block, 'A' + block);
  }

  static const char* actor_name(unsigned actor) { return actor == 0 ? "evictor" : "reader"; }

  void run(unsigned actor) {
    for (std::uint32_t i = 0; i < victims_; ++i) {
      Rt::local_state(actor, i);
      actor == 0 ? evict() : read('B' + i);
    }
  }
  void finish() { manager_.check_at_rest(); }

 private:
  void evict() {
    const auto victim = manager_.eviction_candidate(pool::Level::secondary);
    Rt::perturb("evictor:chosen");
    if (victim) manager_.evict(*victim);
  }
  void read(std::uint64_t content) {
    const auto found = manager_.find_and_pin(content);
    if (!found) return;
    for (unsigned half = 0; half < pool::kHalves; ++half)
      Rt::check(manager_.memory().read(found->slot, half) == content,
                "I2: a locked object reads as something else: it was evicted");
    manager_.unpin(found->block);
  }

  const std::uint32_t victims_;
  pool::BlockManager<Rt, Protocol> manager_;
};

}  // namespace kvtool::evict_candidate
