// FreeLists: which blocks are free, in the order in which they are to be evicted: a doubly linked list for
// each level and priority, all in one array of nodes, so every operation is O(1) (the front of a level:
// O(number of priorities)). Least recently released first.
//
// Not thread-safe; LruPool keeps it under its mutex. The sizes never change after construction.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/explorer/hash.h"
#include "core/pool/block_types.h"

namespace kvtool::pool {

class FreeLists {
 public:
  FreeLists(std::uint32_t blocks, std::uint32_t priorities)
      : priorities_(priorities), nodes_(blocks), ends_(std::size_t{kLevels} * priorities) {}

  // The number of the list for a level and the index of a priority.
  std::uint32_t list(Level level, std::uint32_t priority) const {
    return static_cast<std::uint32_t>(level) * priorities_ + priority;
  }
  Level level_of(std::uint32_t list) const { return list < priorities_ ? Level::primary : Level::secondary; }
  // The list that the block is in, or kNone.
  std::uint32_t list_of(BlockId block) const { return nodes_[block].list; }
  bool contains(BlockId block) const { return nodes_[block].list != kNone; }
  std::uint32_t count(Level level) const { return counts_[static_cast<std::uint32_t>(level)]; }

  // The block that goes first, or kNone.
  BlockId front(Level level) const {
    for (std::uint32_t i = list(level, 0), end = i + priorities_; i < end; ++i)
      if (ends_[i].head != kNone) return ends_[i].head;
    return kNone;
  }

  // REQUIRES: in no list.
  void push_back(BlockId block, std::uint32_t list) {
    Ends& ends = ends_[list];
    nodes_[block] = {ends.tail, kNone, list};
    (ends.tail == kNone ? ends.head : nodes_[ends.tail].next) = block;
    ends.tail = block;
    ++counts_[static_cast<std::uint32_t>(level_of(list))];
  }

  // Takes the block out of the list that it is in, and counts it out of the level of `named`, which ought to
  // be that same list. Returns the list that it was in; nothing happens when that is kNone.
  std::uint32_t erase(BlockId block, std::uint32_t named) {
    const Node node = nodes_[block];
    if (node.list == kNone) return kNone;
    Ends& ends = ends_[node.list];
    (node.previous == kNone ? ends.head : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? ends.tail : nodes_[node.next].previous) = node.previous;
    nodes_[block] = {};
    --counts_[static_cast<std::uint32_t>(level_of(named))];
    return node.list;
  }

  // Every counter equals the lengths of its lists, and every member is once in the list that it names. O(n).
  bool consistent() const;

  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    for (const Node& node : nodes_) {
      hash.mix(std::uint64_t{node.previous} << 32U | node.next);
      hash.mix(node.list);
    }
    for (const Ends& ends : ends_) hash.mix(std::uint64_t{ends.head} << 32U | ends.tail);
    hash.mix(std::uint64_t{counts_[0]} << 32U | counts_[1]);
    return hash;
  }

 private:
  struct Node {
    BlockId previous = kNone, next = kNone;
    std::uint32_t list = kNone;
  };
  struct Ends {
    BlockId head = kNone, tail = kNone;
  };

  std::uint32_t priorities_;
  std::vector<Node> nodes_;  // by block
  std::vector<Ends> ends_;   // by list
  std::array<std::uint32_t, kLevels> counts_{};
};

inline bool FreeLists::consistent() const {
  std::array<std::uint32_t, kLevels> lengths{};
  std::vector<bool> met(nodes_.size());
  for (std::uint32_t i = 0; i < ends_.size(); ++i)
    for (BlockId block = ends_[i].head; block != kNone; block = nodes_[block].next) {
      if (met[block] || nodes_[block].list != i) return false;
      met[block] = true;
      ++lengths[static_cast<std::uint32_t>(level_of(i))];
    }
  return lengths == counts_;
}

}  // namespace kvtool::pool
