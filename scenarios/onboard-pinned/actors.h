// onboard-pinned: the scheduler brings a block from host to device memory while the service reads it in host
// memory.
#pragma once

#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/block_manager.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::onboard_pinned {

struct NoCheck : pool::FixedProtocol {
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
  static constexpr pool::MoveCheck kMoveCheck = pool::MoveCheck::never;
};
struct FastCheck : NoCheck {
  static constexpr pool::MoveCheck kMoveCheck = pool::MoveCheck::once;
};
struct DoubleCheck : NoCheck {
  static constexpr pool::MoveCheck kMoveCheck = pool::MoveCheck::twice;
};

// What the scheduler does when the block was not moved.
enum class BackedOut : std::uint8_t { skips, ignores, retries };

template <class Rt, class Protocol, BackedOut kThen>
class Onboarding {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;

  // Two primary blocks: one to onboard into, one whose offload then reuses the host slot.
  Onboarding() : manager_(block_pool::shape_of(2, 1)) {
    manager_.preload(0, 'A', 'A');
    manager_.preload(1, 'C', 'C');
    manager_.preload(2, 'B', 'B');
  }

  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "rpc"; }

  void run(unsigned actor) { actor == 0 ? schedule() : serve(); }
  void finish() { manager_.check_at_rest(); }

 private:
  void schedule() {
    const auto found = manager_.find_and_pin('B');
    if (!found) return;
    if (onboard(found->block)) {
      const pool::SlotId slot = manager_.slot_at(found->block, pool::Level::primary);
      Rt::check(manager_.memory().read(slot, 0) == 'B' && manager_.memory().read(slot, 1) == 'B',
                "I2: an onboarded block holds other content than its hash");
      if (const auto next = manager_.allocate()) {
        manager_.memory().write(manager_.slot_at(*next, pool::Level::primary), 'N');
        manager_.unpin(*next);
      }
    }
    manager_.unpin(found->block);
  }
  // Whether the scheduler goes on as with a primary block.
  bool onboard(pool::BlockId block) {
    if constexpr (kThen == BackedOut::retries) return manager_.onboard_when_unpinned(block);
    const bool done = manager_.onboard(block) == pool::Moved::done;
    return done || kThen == BackedOut::ignores;
  }
  void serve() {
    const auto found = manager_.find_and_pin('B');
    if (!found) return;
    for (unsigned half = 0; half < pool::kHalves; ++half) {
      Rt::perturb("rpc:before-half");
      Rt::check(manager_.memory().read(found->slot, half) == 'B',
                "I2: a remote read returns other content than the hash asked for");
    }
    manager_.unpin(found->block);
  }

  pool::BlockManager<Rt, Protocol> manager_;
};

}  // namespace kvtool::onboard_pinned
