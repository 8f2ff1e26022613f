// BlockManager: a two-level pool of KV-cache blocks that a scheduler allocates from while other threads look
// blocks up by content, pin them and read them. Allocating a primary block whose victim holds content worth
// keeping moves that content to a secondary slot first ("offload"); content comes back by "onboarding".
//
//   BlockManager<RealRuntime> manager({.primary = 64, .secondary = 32});
//   scheduler:  if (auto block = manager.allocate()) { fill(*block); manager.publish(*block, hash); ... unpin
//   } service:    if (auto found = manager.find_and_pin(hash)) { send(found->slot);
//   manager.unpin(found->block); }
//
// Locks: "T" (the lookup tree), then "M" (the pool); never the other way round. By default T is held over an
// allocation's copy, so a lookup waits as long as one copy takes; TreeHold::refuse_taken is the other
// protocol that is proven, and never holds T during a copy.
//
// Thread-safe but for preload() and check_at_rest(). Protocol: see protocol.h. Memory: a class with
// Memory(std::uint32_t slots), copy(from slot, to slot) and write(slot, label); both must be complete, or
// ordered before every later use of the slot, when they return.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "core/pool/block_types.h"
#include "core/pool/lookup_tree.h"
#include "core/pool/lru_pool.h"
#include "core/pool/protocol.h"
#include "core/pool/slot_memory.h"

namespace kvtool::pool {

struct Found {
  BlockId block;
  SlotId slot;  // until unpin()
};

enum class Moved : std::uint8_t {
  done,
  pinned,   // somebody else has a pin; nothing was moved: the block is where it was
  no_room,  // no free block at the other level
};

template <class Rt, class Protocol = FixedProtocol, class Memory = SlotMemory<Rt>>
class BlockManager {
 public:
  using Pool = LruPool<Rt, Protocol>;

  // Throws what LruPool's constructor throws.
  explicit BlockManager(const PoolShape& shape)
      : pool_(shape), tree_(LookupTree(shape.blocks())), memory_(shape.blocks()) {}

  Pool& pool() { return pool_; }
  Memory& memory() { return memory_; }
  const PoolShape& shape() const { return pool_.shape(); }

  // Before the threads start: a free block holds `label` and can be found.
  void preload(BlockId block, ContentHash hash, std::uint64_t label) {
    tree_.write().attach(block, hash);
    memory_.write(pool_.slot(block), label);
  }

  // A block in a primary slot with one reference, the caller's, that nobody can find; its content is whatever
  // was left. Nothing when every primary block is pinned or taken.
  std::optional<BlockId> allocate() {
    [[maybe_unused]] bool room = true;
    if constexpr (Protocol::kCountFirst) room = pool_.count(Level::secondary) > 0;
    Rt::perturb("block-manager:before-victim");
    std::unique_lock tree(tree_mutex_, std::defer_lock);
    if constexpr (kHoldsTree) tree.lock();
    const auto victim = take(Level::primary);
    if (!victim) return std::nullopt;
    BlockId mine = *victim;
    if (room && is_worth_offloading(*victim)) {
      const auto spare = take(Level::secondary);
      if (Protocol::kCountFirst)
        Rt::check(spare.has_value(), "I7: no free block found, though the count was positive");
      if (spare) {
        offload_into(*victim, *spare, tree);
        mine = *spare;
      }
    }
    if (mine == *victim) {
      if constexpr (!Protocol::kClaimBeforeSwap) pool_.try_take(mine);
      detach(mine, tree);
    }
    pool_.acquire(mine);
    return mine;
  }

  // From now on the block is found by `hash`. False when another block has that content already. REQUIRES:
  // the caller has a reference, and the content is complete.
  bool publish(BlockId block, ContentHash hash) {
    const std::lock_guard tree(tree_mutex_);
    return tree_.update([=](LookupTree& all) { return all.attach(block, hash); });
  }

  // Pins the block with that content. Nothing when there is none, or when an allocation has just taken it.
  std::optional<Found> find_and_pin(ContentHash hash) {
    std::unique_lock tree(tree_mutex_);
    const BlockId block = tree_.get([hash](const LookupTree& all) { return all.find(hash); });
    if (block == kNone) return std::nullopt;
    if constexpr (Protocol::kTree == TreeHold::late_detach) tree.unlock();
    Rt::perturb("block-manager:between-find-and-pin");
    const auto slot = pool_.pin(block);
    if (!slot) return std::nullopt;
    return Found{block, *slot};
  }

  // How many of the first hashes are held; none is pinned, so it is advice.
  std::size_t prefix(std::span<const ContentHash> hashes) {
    const std::lock_guard tree(tree_mutex_);
    return tree_.get([hashes](const LookupTree& all) { return all.prefix(hashes); });
  }

  void unpin(BlockId block) { pool_.unpin(block); }

  // Brings the block's content to the other level; the block keeps its number and its hash. REQUIRES: the
  // caller has exactly one reference. A caller that gets anything but `done` must not use the block as one of
  // the wanted level: slot_at() checks it.
  [[nodiscard]] Moved onboard(BlockId block) { return move_to(block, Level::primary); }
  [[nodiscard]] Moved offload(BlockId block) { return move_to(block, Level::secondary); }
  // Onboards, and waits for others' pins to go as often as it must. False when there is no room.
  bool onboard_when_unpinned(BlockId block) {
    for (;;) {
      const Moved moved = onboard(block);
      if (moved != Moved::pinned) return moved == Moved::done;
      pool_.await_sole_pin(block);
    }
  }

  // The slot of a pinned block that must be at `level`.
  SlotId slot_at(BlockId block, Level level) {
    const SlotId slot = pool_.slot(block);
    Rt::check(shape().level_of(slot) == level, "I1: a block is used at a level where it is not");
    return slot;
  }

  // Who would be evicted next from `level`; advice, see evict().
  std::optional<BlockId> eviction_candidate(Level level) { return pool_.front(level); }
  // Drops the block's content and makes it free. False when somebody has pinned or taken it meanwhile.
  bool evict(BlockId block) {
    std::unique_lock tree(tree_mutex_);
    const bool still_free = pool_.try_take(block);
    if (Protocol::kRecheckVictim && !still_free) return false;
    detach(block, tree);
    memory_.write(pool_.slot(block), 0);
    pool_.release(block);
    return true;
  }

  // When nobody uses the manager; see LruPool.
  void check_at_rest() { pool_.check_at_rest(); }

 private:
  using TreeLock = std::unique_lock<typename Rt::mutex>;
  static constexpr bool kHoldsTree =
      Protocol::kTree == TreeHold::over_copy || Protocol::kTree == TreeHold::short_hold;

  std::optional<BlockId> take(Level level) {
    if constexpr (Protocol::kVictim == Victim::pop) {
      return pool_.try_pop(level);
    } else {
      const auto front = pool_.front(level);
      Rt::perturb("block-manager:between-peek-and-claim");
      // It may be somebody else's by now, and nobody asks: that is the bug.
      if (Protocol::kClaimBeforeSwap && front) pool_.try_take(*front);
      return front;
    }
  }

  // `tree` is locked for the protocols that hold it; the others take it here.
  void detach(BlockId block, TreeLock& tree) {
    const bool held = tree.owns_lock();
    if (!held) tree.lock();
    tree_.update([block](LookupTree& all) { all.detach(block); });
    if (!held) tree.unlock();
  }

  bool is_worth_offloading(BlockId block) {
    const auto can_be_found = [&] {
      return tree_.get([block](const LookupTree& all) { return all.hash_of(block) != 0; });
    };
    if (shape().secondary == 0) return false;
    if (shape().priorities.front() < shape().offload_threshold &&
        pool_.priority(block) < shape().offload_threshold)
      return false;
    if constexpr (kHoldsTree) return can_be_found();
    const std::lock_guard guard(tree_mutex_);
    return can_be_found();
  }

  // The content of `victim` goes to the slot of `spare`; then `victim` owns that slot, free, and `spare` the
  // primary one.
  void offload_into(BlockId victim, BlockId spare, TreeLock& tree) {
    if constexpr (kHoldsTree) detach(spare, tree);
    if constexpr (Protocol::kTree == TreeHold::short_hold) tree.unlock();
    const auto [from, to] = pool_.slots(victim, spare);
    memory_.copy(from, to);
    Rt::perturb("block-manager:between-copy-and-swap");
    pool_.swap_slots(victim, spare);
    if constexpr (!Protocol::kClaimBeforeSwap) {
      pool_.try_take(victim);
      pool_.try_take(spare);
    }
    pool_.release(victim);
    Rt::perturb("block-manager:before-detach");
    if constexpr (!kHoldsTree) detach(spare, tree);
  }

  Moved move_to(BlockId block, Level level) {
    TreeLock tree(tree_mutex_, std::defer_lock);
    if constexpr (Protocol::kTree == TreeHold::over_copy) tree.lock();
    const auto [slot, references] = pool_.standing(block);
    if (shape().level_of(slot) == level) return Moved::done;
    if (Protocol::kMoveCheck != MoveCheck::never && references > 1) return Moved::pinned;
    const auto target = take(level);
    if (!target) return Moved::no_room;
    detach(*target, tree);
    memory_.copy(slot, pool_.slot(*target));
    Rt::perturb("block-manager:between-copy-and-swap");
    const bool swapped = pool_.try_swap_pinned(block, *target);
    pool_.release(*target);
    return swapped ? Moved::done : Moved::pinned;
  }

  Pool pool_;
  typename Rt::mutex tree_mutex_{"T"};  // guards tree_; taken before the pool's
  typename Rt::template plain<LookupTree> tree_;
  Memory memory_;
};

}  // namespace kvtool::pool
