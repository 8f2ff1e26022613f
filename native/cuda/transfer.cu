// The kernels of transfer_kernels.cc, under names without a type in them.
#include "transfer_tile.cuh"

using kvtool::transfer::Plan;
using kvtool::transfer::Tile;

// kvtool_transfer_<bytes of a unit>_<rows|heads>_<to_buffer|to_pages>
#define KVTOOL_TRANSFER(bytes, Unit, rows, kByHead, direction, kToBuffer)     \
  extern "C" __global__ void kvtool_transfer_##bytes##_##rows##_##direction(  \
      const __grid_constant__ Plan plan, const __grid_constant__ Tile tile) { \
    kvtool::transfer::move_tile<Unit, kByHead, kToBuffer>(plan, tile);        \
  }
#define KVTOOL_TRANSFER_BOTH(bytes, Unit, rows, kByHead)       \
  KVTOOL_TRANSFER(bytes, Unit, rows, kByHead, to_buffer, true) \
  KVTOOL_TRANSFER(bytes, Unit, rows, kByHead, to_pages, false)
#define KVTOOL_TRANSFER_UNIT(bytes, Unit)        \
  KVTOOL_TRANSFER_BOTH(bytes, Unit, rows, false) \
  KVTOOL_TRANSFER_BOTH(bytes, Unit, heads, true)

KVTOOL_TRANSFER_UNIT(16, uint4)
KVTOOL_TRANSFER_UNIT(8, uint2)
KVTOOL_TRANSFER_UNIT(4, unsigned)
KVTOOL_TRANSFER_UNIT(2, unsigned short)
KVTOOL_TRANSFER_UNIT(1, unsigned char)

// What the benchmark compares with: 8 bytes a thread, a block for each token, layer, and K or V.
template <bool kToBuffer>
__device__ void move_row_8(const Plan& plan) {
  const kvtool::transfer::Row row{plan.first_kv + blockIdx.z, plan.first_layer + blockIdx.y,
                                  plan.first_token + blockIdx.x};
  const std::int64_t slot = plan.slots[row.token];
  if (slot < 0) return;
  auto* const in_pages = reinterpret_cast<unsigned long long*>(row_in_pages(plan, row, slot));
  auto* const in_buffer = reinterpret_cast<unsigned long long*>(row_in_buffer(plan, row));
  const unsigned units = plan.piece_bytes / 8;
  for (unsigned i = threadIdx.x; i < units * plan.pieces; i += blockDim.x) {
    const unsigned head = plan.pieces == 1 ? 0 : i / units;
    unsigned long long* const page = in_pages + head * (plan.page_strides.head / 8) + (i - head * units);
    if (kToBuffer)
      in_buffer[i] = *page;
    else
      *page = in_buffer[i];
  }
}
extern "C" __global__ void kvtool_transfer_baseline_to_buffer(const __grid_constant__ Plan plan) {
  move_row_8<true>(plan);
}
extern "C" __global__ void kvtool_transfer_baseline_to_pages(const __grid_constant__ Plan plan) {
  move_row_8<false>(plan);
}
