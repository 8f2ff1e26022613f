// ExpiryOrder: the free blocks that lose their priority at a given time, earliest first: a binary heap with
// the position of each block, so a block can leave in O(log n) from anywhere.
//
// Not thread-safe; LruPool keeps it under its mutex. The capacity is fixed at construction.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/explorer/hash.h"
#include "core/pool/block_types.h"

namespace kvtool::pool {

class ExpiryOrder {
 public:
  explicit ExpiryOrder(std::uint32_t blocks)
      : when_(blocks), heap_(blocks, kNone), position_(blocks, kNone) {}

  bool contains(BlockId block) const { return position_[block] != kNone; }
  std::uint32_t size() const { return size_; }
  // The block that expires first. REQUIRES: size() > 0.
  BlockId first() const { return heap_[0]; }
  std::uint64_t first_when() const { return when_[heap_[0]]; }

  // REQUIRES: not contained.
  void insert(BlockId block, std::uint64_t when) {
    when_[block] = when;
    place(size_++, block);
    up(position_[block]);
  }
  // Nothing happens when the block is not contained.
  void erase(BlockId block) {
    const std::uint32_t hole = position_[block];
    if (hole == kNone) return;
    position_[block] = kNone;
    when_[block] = 0;
    const BlockId last = heap_[--size_];
    heap_[size_] = kNone;
    if (last == block) return;
    place(hole, last);
    up(hole);
    down(position_[last]);
  }
  // What a set ordered through a pointer to the block allows: the key changes, the place does not.
  void rekey_in_place(BlockId block, std::uint64_t when) { when_[block] = when; }

  // The block stands right against the one above it and the two below. O(1).
  bool ordered_near(BlockId block) const {
    const std::uint32_t at = position_[block];
    if (at == kNone) return true;
    if (at > 0 && before(block, heap_[(at - 1) / 2])) return false;
    for (std::uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < size_; ++child)
      if (before(heap_[child], block)) return false;
    return true;
  }
  // No block expires before the one above it. O(n).
  bool ordered() const {
    for (std::uint32_t i = 1; i < size_; ++i)
      if (before(heap_[i], heap_[(i - 1) / 2])) return false;
    return true;
  }

  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    for (std::uint32_t i = 0; i < size_; ++i) {
      hash.mix(heap_[i]);
      hash.mix(when_[heap_[i]]);
    }
    hash.mix(size_);
    return hash;
  }

 private:
  // Blocks that expire at the same time go by number.
  bool before(BlockId a, BlockId b) const { return std::pair(when_[a], a) < std::pair(when_[b], b); }
  void place(std::uint32_t at, BlockId block) {
    heap_[at] = block;
    position_[block] = at;
  }
  void exchange(std::uint32_t a, std::uint32_t b) {
    const BlockId moved = heap_[a];
    place(a, heap_[b]);
    place(b, moved);
  }
  void up(std::uint32_t at) {
    for (; at > 0 && before(heap_[at], heap_[(at - 1) / 2]); at = (at - 1) / 2) exchange(at, (at - 1) / 2);
  }
  void down(std::uint32_t at) {
    for (;;) {
      std::uint32_t least = at;
      for (std::uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < size_; ++child)
        if (before(heap_[child], heap_[least])) least = child;
      if (least == at) return;
      exchange(at, least);
      at = least;
    }
  }

  std::vector<std::uint64_t> when_;  // by block
  std::vector<BlockId> heap_;
  std::vector<std::uint32_t> position_;  // by block; kNone: not in the heap
  std::uint32_t size_ = 0;
};

}  // namespace kvtool::pool
