// The transfer by loads and stores of one unit a thread. A block takes a tile: neighbouring tokens of one
// layer, of K or of V. Its threads go through the tile side by side, so that rows which are neighbours on a
// side are read and written there as one run, and each starts kUnroll loads before its first store.
#pragma once

#include "core/transfer/plan.h"

namespace kvtool::transfer {

// How a launch divides the tokens; the grid is (tiles, layers, K and V).
struct Tile {
  std::uint32_t rows;
  std::uint32_t reciprocal;  // ceil(2^32 / units of a row); not used for one row
};

enum class Hint { none, streaming, no_allocate };

template <Hint kHint, class Unit>
__device__ __forceinline__ Unit load_once(const Unit* from) {
  if constexpr (kHint == Hint::streaming) {
    return __ldcs(from);
  } else if constexpr (kHint == Hint::no_allocate && sizeof(Unit) == 16) {
    Unit value;
    asm volatile("ld.global.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(from));
    return value;
  } else {
    return *from;
  }
}

template <Hint kHint, class Unit>
__device__ __forceinline__ void store_once(Unit* to, Unit value) {
  if constexpr (kHint == Hint::streaming)
    __stcs(to, value);
  else
    *to = value;
}

// kByHead: a row is one piece a head (HND); otherwise one piece.
// REQUIRES: rows * units of a row < 2^16 where there are several rows.
template <class Unit, bool kByHead, bool kToBuffer, int kUnroll, Hint kLoad, Hint kStore>
__device__ __forceinline__ void move_tile(const Plan& plan, const Tile& tile) {
  const unsigned piece = plan.piece_bytes / sizeof(Unit);  // units
  const unsigned row = kByHead ? piece * plan.pieces : piece;
  const std::uint32_t kv = plan.first_kv + blockIdx.z, layer = plan.first_layer + blockIdx.y;
  const unsigned begin = blockIdx.x * tile.rows;
  const unsigned rows = min(tile.rows, plan.tokens - begin);
  const std::int64_t* const slots = plan.slots + plan.first_token + begin;
  unsigned char* const in_buffer = row_in_buffer(plan, {kv, layer, plan.first_token + begin});
  unsigned char* const in_pages = row_in_pages(plan, {kv, layer, 0}, 0);

  for (unsigned first = threadIdx.x; first < rows * row; first += blockDim.x * kUnroll) {
    const unsigned char* from[kUnroll];
    unsigned char* to[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u) {
      const unsigned unit = first + u * blockDim.x;
      from[u] = nullptr;
      if (unit >= rows * row) continue;
      const unsigned token = tile.rows == 1 ? 0 : __umulhi(unit, tile.reciprocal);
      const std::int64_t slot = slots[token];
      if (slot < 0) continue;
      const unsigned in_row = unit - token * row;
      unsigned char* const page =
          in_pages + slot_offset(plan.page_strides, slot) +
          (kByHead ? in_row / piece * plan.page_strides.head + in_row % piece * sizeof(Unit)
                   : in_row * sizeof(Unit));
      unsigned char* const buffer = in_buffer + token * plan.buffer_strides.token + in_row * sizeof(Unit);
      from[u] = kToBuffer ? page : buffer;
      to[u] = kToBuffer ? buffer : page;
    }
    Unit values[kUnroll];
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      if (from[u] != nullptr) values[u] = load_once<kLoad>(reinterpret_cast<const Unit*>(from[u]));
#pragma unroll
    for (int u = 0; u < kUnroll; ++u)
      if (from[u] != nullptr) store_once<kStore>(reinterpret_cast<Unit*>(to[u]), values[u]);
  }
}

}  // namespace kvtool::transfer
