// LookupTree: which block holds which content. The hash of a block covers its tokens and all before them, so
// a prefix tree of blocks is a map from hash to block: a prefix of n blocks is found by n look-ups, and ends
// at the first that fails. A block whose predecessor was evicted stays in the map, unreachable from the root,
// until it is evicted itself.
//
// Not thread-safe; BlockManager keeps it under the tree's mutex. O(log n).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/explorer/hash.h"
#include "core/pool/block_types.h"

namespace kvtool::pool {

class LookupTree {
 public:
  explicit LookupTree(std::uint32_t blocks) : hashes_(blocks) {}

  // The block with that content, or kNone.
  BlockId find(ContentHash hash) const {
    const auto found = blocks_.find(hash);
    return found == blocks_.end() ? kNone : found->second;
  }
  // 0: the block cannot be found.
  ContentHash hash_of(BlockId block) const { return hashes_[block]; }

  // How many of the first hashes are held.
  std::size_t prefix(std::span<const ContentHash> hashes) const {
    std::size_t held = 0;
    while (held < hashes.size() && blocks_.contains(hashes[held])) ++held;
    return held;
  }

  // False when another block has that content already: the first one stays. REQUIRES: hash != 0, the block is
  // detached.
  bool attach(BlockId block, ContentHash hash) {
    if (!blocks_.try_emplace(hash, block).second) return false;
    hashes_[block] = hash;
    return true;
  }
  // Nothing happens when the block is detached.
  void detach(BlockId block) {
    if (hashes_[block] == 0) return;
    blocks_.erase(hashes_[block]);
    hashes_[block] = 0;
  }
  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    for (const ContentHash each : hashes_) hash.mix(each);
    return hash;
  }

 private:
  std::map<ContentHash, BlockId> blocks_;
  std::vector<ContentHash> hashes_;  // by block
};

}  // namespace kvtool::pool
