// The words of the block pool. A block is a number; it owns one slot at a time, and its level is that of the
// slot. Slots [0, primary) are primary (device memory), the rest secondary (pinned host memory).
#pragma once

#include <cstdint>
#include <vector>

namespace kvtool::pool {

using BlockId = std::uint32_t;
using SlotId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffff'ffff;

enum class Level : std::uint8_t { primary, secondary };
inline constexpr std::uint32_t kLevels = 2;

// Identifies a block's tokens together with all before them; 0 stands for "none".
using ContentHash = std::uint64_t;

struct PoolShape {
  std::uint32_t primary = 64;    // blocks that begin in device memory
  std::uint32_t secondary = 32;  // and in host memory
  // Retention priorities, ascending; blocks of a lower one are evicted first. A free list each, per level.
  std::vector<std::uint32_t> priorities = {30, 35, 80};
  std::uint32_t standard_priority = 35;  // of a block nobody has set
  std::uint32_t offload_threshold = 30;  // blocks below are dropped rather than copied to secondary

  std::uint32_t blocks() const { return primary + secondary; }
  Level level_of(SlotId slot) const { return slot < primary ? Level::primary : Level::secondary; }
};

}  // namespace kvtool::pool
