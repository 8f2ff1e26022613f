// LruPool: which blocks are free, who has the others, and which slot each block owns. Two threads may use it
// at once (a scheduler that allocates and a service that pins what it reads remotely).
//
// A block is in exactly one of three states:
//   free    in one free list, no references; the front of the lowest priority is the next victim
//   taken   in no list, no references: an allocation is at work on it, and only that may change it
//   pinned  in no list, at least one reference: slot and content do not change
//
// Invariants, checked where they could break (Rt::check: a model fails, a real run reports):
//   I1  a pinned block's slot and content do not change
//   I3  a block is in at most one list, in none while it has references
//   I4  counters equal list lengths; the expiry order is in order
//   I5  a block leaves the list that its level and priority name
//   I6  a taken block has one owner
//   I8  at rest every block is free or pinned
//
//   LruPool<RealRuntime> pool({.primary = 64, .secondary = 32});
//   if (const auto block = pool.try_pop(Level::primary)) { pool.acquire(*block); ... pool.unpin(*block); }
//
// Thread-safe but for preparation and check_at_rest(). One mutex, "M", a leaf: nothing is called with it
// held. Protocol: see protocol.h; the default closes every hole known.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/explorer/hash.h"
#include "core/pool/block_types.h"
#include "core/pool/expiry_order.h"
#include "core/pool/free_lists.h"
#include "core/pool/protocol.h"

namespace kvtool::pool {

template <class Rt, class Protocol = FixedProtocol>
class LruPool {
 public:
  // Every block is free at first, in the order of its number; block i owns slot i.
  // Throws std::invalid_argument: no priorities, not ascending, or without the standard one.
  explicit LruPool(PoolShape shape)
      : shape_(validated(std::move(shape))), lists_(all_free(shape_)), table_(Table(shape_)) {}
  LruPool(const LruPool&) = delete;
  LruPool& operator=(const LruPool&) = delete;

  const PoolShape& shape() const { return shape_; }

  std::uint32_t count(Level level) {
    const Guard guard(mutex_);
    return lists_.get([level](const Free& free) { return free.lists.count(level); });
  }

  // Takes the next victim of `level`, or nothing when none is free. One hold: nobody can come between.
  std::optional<BlockId> try_pop(Level level) {
    const Guard guard(mutex_);
    return edit<Protocol::kLocked>([level](Free& free) -> std::optional<BlockId> {
      const BlockId block = free.lists.front(level);
      if (block == kNone) return std::nullopt;
      free.lists.erase(block, free.lists.list_of(block));
      free.expiring.erase(block);
      return block;
    });
  }

  // The block that try_pop() would take now; by the time that the caller looks at the answer it may be
  // somebody else's. Take it by try_take().
  std::optional<BlockId> front(Level level) {
    const Guard guard(mutex_);
    const BlockId block = lists_.get([level](const Free& free) { return free.lists.front(level); });
    return block == kNone ? std::nullopt : std::optional(block);
  }

  // Takes this very block if it is free.
  bool try_take(BlockId block) {
    const Guard guard(mutex_);
    return leave_list(block);
  }

  // Adds a reference: the block is pinned from now on. Returns its slot, which stays the same until unpin(),
  // or nothing when an allocation has taken the block.
  std::optional<SlotId> pin(BlockId block) {
    const Guard guard(mutex_);
    const bool unpinned = table_.get([block](const Table& table) { return table.entries[block].refs == 0; });
    if (unpinned) {
      const bool was_free = leave_list(block);
      constexpr bool kRefuses =
          Protocol::kTree != TreeHold::late_detach && Protocol::kTree != TreeHold::short_hold;
      if (!was_free && kRefuses) return std::nullopt;
    }
    return table_.update([block](Table& table) -> std::optional<SlotId> {
      ++table.entries[block].refs;
      return table.entries[block].slot;
    });
  }

  // The first reference of a block that the caller has taken.
  void acquire(BlockId block) {
    const Guard guard(mutex_);
    const auto before = table_.update([block](Table& table) { return table.entries[block].refs++; });
    Rt::check(before == 0, "I6: a taken block has one owner, but somebody pinned it meanwhile");
    Rt::check(!is_free(block), "I3: a block with references is in a free list");
  }

  // Drops a reference; the last one makes the block free, as the most recently used.
  void unpin(BlockId block) {
    if constexpr (Protocol::kUnpinInOneHold) {
      const Guard guard(mutex_);
      if (drop_reference(block) == 0) enter_list(block);
      if (waiting_.read() > 0) unpinned_.notify_all();
    } else {
      if (drop_reference_alone(block) != 0) return;
      Rt::perturb("lru-pool:between-unpin-and-release");
      const Guard guard(mutex_);
      enter_list(block);
    }
  }

  // Gives back a block that the caller has taken and does not want; it becomes free, as the most recently
  // used.
  void release(BlockId block) {
    constexpr bool kHeld = Protocol::kLocked && Protocol::kReleaseLocked;
    const std::conditional_t<kHeld, std::lock_guard<Mutex>, Unguarded> guard(mutex_);
    enter_list<kHeld>(block);
  }

  SlotId slot(BlockId block) {
    const Guard guard(mutex_);
    return table_.get([block](const Table& table) { return table.entries[block].slot; });
  }
  std::pair<SlotId, SlotId> slots(BlockId a, BlockId b) {
    const Guard guard(mutex_);
    return table_.get(
        [a, b](const Table& table) { return std::pair(table.entries[a].slot, table.entries[b].slot); });
  }
  std::uint32_t references(BlockId block) { return standing(block).second; }
  // The slot and the number of references.
  std::pair<SlotId, std::uint32_t> standing(BlockId block) {
    const Guard guard(mutex_);
    return table_.get([block](const Table& table) {
      return std::pair(table.entries[block].slot, table.entries[block].refs);
    });
  }
  std::uint32_t priority(BlockId block) {
    const Guard guard(mutex_);
    return shape_
        .priorities[table_.get([block](const Table& table) { return table.entries[block].priority; })];
  }

  // Two blocks exchange their slots, and with them their levels. REQUIRES: both taken by the caller.
  void swap_slots(BlockId a, BlockId b) {
    const Guard guard(mutex_);
    exchange_slots(a, b, 0);
  }
  // The same for a block that the caller has pinned once; false, and nothing done, when others pinned it too.
  bool try_swap_pinned(BlockId pinned, BlockId taken) {
    const Guard guard(mutex_);
    if constexpr (Protocol::kMoveCheck == MoveCheck::twice)
      if (table_.get([pinned](const Table& table) { return table.entries[pinned].refs; }) > 1) return false;
    exchange_slots(pinned, taken, 1);
    return true;
  }
  // Waits until the caller's pin is the only one. REQUIRES: the caller has one.
  void await_sole_pin(BlockId block) {
    std::unique_lock lock(mutex_);
    waiting_.update([](std::uint32_t& waiting) { ++waiting; });
    while (table_.get([block](const Table& table) { return table.entries[block].refs; }) > 1)
      unpinned_.wait(lock);
    waiting_.update([](std::uint32_t& waiting) { --waiting; });
  }

  // `value` is one of the shape's priorities; otherwise throws std::invalid_argument. A free block moves to
  // the end of its new list.
  void set_priority(BlockId block, std::uint32_t value) {
    const std::uint32_t index = index_of(shape_, value);
    const Guard guard(mutex_);
    const bool was_free = leave_list(block);
    table_.update([=](Table& table) { table.entries[block].priority = index; });
    if (was_free) enter_list(block);
  }

  // From `when_ns` on, the block's priority no longer counts (0: it always does).
  void set_expiry(BlockId block, std::uint64_t when_ns) {
    const Guard guard(mutex_);
    table_.update([=](Table& table) { table.entries[block].expires_ns = when_ns; });
    const bool in_order = edit<Protocol::kLocked>([=](Free& free) {
      if (!free.lists.contains(block)) return true;
      if (Protocol::kExpiryInPlace && free.expiring.contains(block)) {
        free.expiring.rekey_in_place(block, when_ns);
      } else {
        free.expiring.erase(block);
        if (when_ns != 0) free.expiring.insert(block, when_ns);
      }
      return free.expiring.ordered_near(block);
    });
    Rt::check(in_order, "I4: the expiry order is out of order: a key changed in place");
  }

  // Moves free blocks whose time has come to the lowest priority. Returns how many.
  std::uint32_t demote_expired(std::uint64_t now_ns) {
    const Guard guard(mutex_);
    std::uint32_t demoted = 0;
    for (;;) {
      const auto block = edit<Protocol::kLocked>([now_ns](Free& free) -> std::optional<BlockId> {
        if (free.expiring.size() == 0 || free.expiring.first_when() > now_ns) return std::nullopt;
        const BlockId first = free.expiring.first();
        free.expiring.erase(first);
        const std::uint32_t list = free.lists.list_of(first);
        free.lists.erase(first, list);
        free.lists.push_back(first, free.lists.list(free.lists.level_of(list), 0));
        return first;
      });
      if (!block) return demoted;
      table_.update([block = *block](Table& table) {
        table.entries[block].priority = 0;
        table.entries[block].expires_ns = 0;
      });
      ++demoted;
    }
  }

  // When nobody uses the pool: I4 and I8. O(blocks).
  void check_at_rest() {
    const Free& free = lists_.read();
    const Table& table = table_.read();
    Rt::check(free.lists.consistent() && free.expiring.ordered(),
              "I4: a counter differs from its lists' length");
    for (BlockId block = 0; block < shape_.blocks(); ++block) {
      const bool pinned = table.entries[block].refs > 0;
      Rt::check(pinned != free.lists.contains(block), pinned
                                                          ? "I3: a block with references is in a free list"
                                                          : "I8: at rest a block is neither free nor pinned");
    }
  }

 private:
  using Mutex = typename Rt::mutex;
  struct Unguarded {
    explicit Unguarded(Mutex&) {}
  };
  using Guard = std::conditional_t<Protocol::kLocked, std::lock_guard<Mutex>, Unguarded>;

  struct Free {
    FreeLists lists;
    ExpiryOrder expiring;
    explore::Hash128 fingerprint() const {
      explore::Hash128 hash = lists.fingerprint();
      hash.mix(expiring.fingerprint());
      return hash;
    }
  };
  struct Entry {
    SlotId slot = 0;
    std::uint32_t refs = 0;
    std::uint32_t priority = 0;  // an index
    std::uint64_t expires_ns = 0;
    explore::Hash128 fingerprint() const {
      explore::Hash128 hash;
      hash.mix(std::uint64_t{slot} << 32U | refs);
      hash.mix(priority);
      hash.mix(expires_ns);
      return hash;
    }
  };
  struct Table {
    explicit Table(const PoolShape& shape) : entries(shape.blocks()) {
      const std::uint32_t standard = index_of(shape, shape.standard_priority);
      for (BlockId block = 0; block < entries.size(); ++block)
        entries[block] = {.slot = block, .refs = 0, .priority = standard, .expires_ns = 0};
    }
    std::vector<Entry> entries;  // by block
    explore::Hash128 fingerprint() const {
      explore::Hash128 hash;
      for (const Entry& entry : entries) hash.mix(entry.fingerprint());
      return hash;
    }
  };

  static std::uint32_t index_of(const PoolShape& shape, std::uint32_t priority) {
    const auto found = std::find(shape.priorities.begin(), shape.priorities.end(), priority);
    if (found == shape.priorities.end())
      throw std::invalid_argument("priority " + std::to_string(priority) + " is not one of the pool's " +
                                  std::to_string(shape.priorities.size()));
    return static_cast<std::uint32_t>(found - shape.priorities.begin());
  }
  static PoolShape validated(PoolShape shape) {
    if (shape.priorities.empty() || !std::is_sorted(shape.priorities.begin(), shape.priorities.end()))
      throw std::invalid_argument("a pool needs at least one priority, in ascending order");
    if (shape.primary == 0) throw std::invalid_argument("a pool needs at least one primary block");
    index_of(shape, shape.standard_priority);
    return shape;
  }
  static Free all_free(const PoolShape& shape) {
    Free free{FreeLists(shape.blocks(), static_cast<std::uint32_t>(shape.priorities.size())),
              ExpiryOrder(shape.blocks())};
    const std::uint32_t standard = index_of(shape, shape.standard_priority);
    for (BlockId block = 0; block < shape.blocks(); ++block)
      free.lists.push_back(block, free.lists.list(shape.level_of(block), standard));
    return free;
  }

  // Changes the lists. Without a lock this is what it comes to on a machine: load, work on what was loaded,
  // store; whatever others stored in between is lost.
  template <bool kHeld, class Change>
  auto edit(Change change) {
    if constexpr (kHeld) {
      return lists_.update(change);
    } else {
      Free copy = lists_.read();
      Rt::perturb("lru-pool:between-load-and-store");
      auto result = change(copy);
      // Copied, not moved: a reader that comes in between must not meet freed memory.
      lists_.write() = copy;
      return result;
    }
  }

  std::uint32_t named_list(const Entry& entry) const {
    return static_cast<std::uint32_t>(shape_.level_of(entry.slot)) *
               static_cast<std::uint32_t>(shape_.priorities.size()) +
           entry.priority;
  }
  std::uint32_t named_list(BlockId block) {
    return table_.get([=, this](const Table& table) { return named_list(table.entries[block]); });
  }
  bool is_free(BlockId block) {
    return lists_.get([block](const Free& free) { return free.lists.contains(block); });
  }

  // Out of the list that the block's level and priority name now; false when it was in none.
  bool leave_list(BlockId block) {
    const std::uint32_t named = named_list(block);
    const std::uint32_t was_in = edit<Protocol::kLocked>([=](Free& free) {
      free.expiring.erase(block);
      return free.lists.erase(block, named);
    });
    if (was_in != kNone && was_in != named) [[unlikely]]
      report_wrong_list(block, was_in, named);
    return was_in != kNone;
  }

  template <bool kHeld = Protocol::kLocked>
  void enter_list(BlockId block) {
    const Entry entry = table_.get([block](const Table& table) { return table.entries[block]; });
    Rt::check(entry.refs == 0, "I3: a block enters a free list while it is pinned");
    const std::uint32_t list = named_list(entry);
    const bool twice = edit<kHeld>([=](Free& free) {
      if (free.lists.contains(block)) return true;
      free.lists.push_back(block, list);
      if (entry.expires_ns != 0) free.expiring.insert(block, entry.expires_ns);
      return false;
    });
    Rt::check(!twice, "I3: a block enters a free list while it is in one");
  }

  std::uint32_t drop_reference(BlockId block) {
    const std::uint32_t left = table_.update([block](Table& table) { return --table.entries[block].refs; });
    Rt::check(left != kNone, "I6: a reference is dropped that nobody has");
    return left;
  }
  std::uint32_t drop_reference_alone(BlockId block) {
    const Guard guard(mutex_);
    return drop_reference(block);
  }

  // `own`: how many references to `a` are the caller's.
  void exchange_slots(BlockId a, BlockId b, std::uint32_t own) {
    const bool nobody_else = table_.update([=](Table& table) {
      std::swap(table.entries[a].slot, table.entries[b].slot);
      return table.entries[a].refs <= own && table.entries[b].refs == 0;
    });
    Rt::check(nobody_else, "I1: a pinned block's slot changes");
  }

  [[gnu::noinline, gnu::cold]] void report_wrong_list(BlockId block, std::uint32_t was_in,
                                                      std::uint32_t named) {
    const auto priorities = static_cast<std::uint32_t>(shape_.priorities.size());
    const auto level = [=](std::uint32_t list) { return list < priorities ? "primary" : "secondary"; };
    std::array<char, 120> text;  // not a string: a model may forget this frame
    const int length = std::snprintf(text.data(), text.size(),
                                     "I5: block %u is erased from a %s list with an iterator of a %s list",
                                     block, level(named), level(was_in));
    Rt::check(false, std::string_view(text.data(), static_cast<std::size_t>(length)));
  }

  const PoolShape shape_;
  Mutex mutex_{"M"};  // guards all below
  typename Rt::template plain<Free> lists_;
  typename Rt::template plain<Table> table_;
  typename Rt::template plain<std::uint32_t> waiting_;  // threads in await_sole_pin()
  typename Rt::condvar unpinned_{"unpinned"};
};

}  // namespace kvtool::pool
