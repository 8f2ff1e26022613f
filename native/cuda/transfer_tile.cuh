// The transfer by loads and stores of one unit a thread. A block takes a tile: neighbouring tokens of one
// layer, of K or of V. Its threads go through the tile side by side, so that rows which are neighbours on a
// side are read and written there as one run; many small blocks keep the memory busy better than many loads
// of each thread (measured: docs/transfer.md).
#pragma once

#include "core/transfer/plan.h"

namespace kvtool::transfer {

// How a launch divides the tokens; the grid is (tiles, layers, K and V).
struct Tile {
  std::uint32_t rows;
  std::uint32_t reciprocal;  // ceil(2^32 / units of a row); not used for one row
};

// kByHead: a row is one piece a head (HND); otherwise one piece. Each byte is read once and written once: the
// hints for streaming keep it from pushing anything else out of the caches. REQUIRES: rows * units of a row <
// 2^16 where there are several rows.
template <class Unit, bool kByHead, bool kToBuffer>
__device__ __forceinline__ void move_tile(const Plan& plan, const Tile& tile) {
  const unsigned piece = plan.piece_bytes / sizeof(Unit);  // units
  const unsigned row = kByHead ? piece * plan.pieces : piece;
  const std::uint32_t kv = plan.first_kv + blockIdx.z, layer = plan.first_layer + blockIdx.y;
  const unsigned begin = blockIdx.x * tile.rows;
  const unsigned rows = min(tile.rows, plan.tokens - begin);
  const std::int64_t* const slots = plan.slots + plan.first_token + begin;
  unsigned char* const in_buffer = row_in_buffer(plan, {kv, layer, plan.first_token + begin});
  unsigned char* const in_pages = row_in_pages(plan, {kv, layer, 0}, 0);

  for (unsigned unit = threadIdx.x; unit < rows * row; unit += blockDim.x) {
    const unsigned token = tile.rows == 1 ? 0 : __umulhi(unit, tile.reciprocal);
    const std::int64_t slot = slots[token];
    if (slot < 0) continue;
    const unsigned in_row = unit - token * row;
    const std::int64_t in_slot = kByHead
                                     ? in_row / piece * plan.page_strides.head + in_row % piece * sizeof(Unit)
                                     : static_cast<std::int64_t>(in_row) * sizeof(Unit);
    auto* const page = reinterpret_cast<Unit*>(in_pages + slot_offset(plan.page_strides, slot) + in_slot);
    auto* const buffer = reinterpret_cast<Unit*>(in_buffer + token * plan.buffer_strides.token) + in_row;
    if (kToBuffer)
      __stcs(buffer, __ldcs(page));
    else
      __stcs(page, __ldcs(buffer));
  }
}

}  // namespace kvtool::transfer
