// Which bytes a KV transfer reads and writes, by its plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/device/races/byte_range.h"
#include "core/transfer/plan.h"

namespace kvtool::races {

struct TransferRanges {
  std::vector<ByteRange> reads, writes;  // merged
};

// How many of the plan's pointers to pages it reads, counted from the first. REQUIRES: has_grid(plan).
std::size_t page_pointers(const transfer::Plan& plan);

// `slots` and `pages`: the plan's lists as the host reads them; with null ones only the buffer's side, as if
// every token moved. REQUIRES: has_grid(plan). Takes time in rows.
TransferRanges ranges_of(const transfer::Plan& plan, const std::int64_t* slots, unsigned char* const* pages);

}  // namespace kvtool::races
