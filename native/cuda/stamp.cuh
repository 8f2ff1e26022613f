// Stamping from inside of a kernel: what a transfer kernel calls to record an event without a host function.
//
//   __global__ void transfer(..., kvtool::StampSlot* begun, kvtool::StampSlot* done, std::uint64_t sequence,
//                            unsigned* blocks_done) {
//     if (blockIdx.x == 0 && threadIdx.x == 0) kvtool::stamp_now(begun, sequence);
//     ... move bytes ...
//     kvtool::stamp_by_last_block(done, sequence, blocks_done);
//   }
//
// The slots and sequence numbers are those of a StampRing (native/core/recorder/stamp_ring.h). One thread stamps.
// A stamp says when its thread came there; it orders no other memory.
#pragma once

#include "core/device/stamp_slot.h"

namespace kvtool {

__device__ inline void stamp_now(StampSlot* slot, std::uint64_t sequence) {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  // One transaction on the bus instead of two. Volatile: past the caches of the GPU, to the host's memory.
  asm volatile("st.volatile.v2.u64 [%0], {%1, %2};" ::"l"(slot), "l"(now), "l"(stamp_check(now, sequence)) : "memory");
}

// To be called by every thread of the grid, at its end: the block that comes last stamps. `blocks_done` is device
// memory, 0 before the launch, and 0 again afterwards.
__device__ inline void stamp_by_last_block(StampSlot* slot, std::uint64_t sequence, unsigned* blocks_done) {
  __syncthreads();
  if (threadIdx.x != 0 || threadIdx.y != 0 || threadIdx.z != 0) return;
  __threadfence();
  const unsigned blocks = gridDim.x * gridDim.y * gridDim.z;
  if (atomicInc(blocks_done, blocks - 1) == blocks - 1) stamp_now(slot, sequence);
}

// With a number of the GPU's own. The host's StampRing counts what was overwritten before it was read.
// REQUIRES: one stamp at a time, as the kernels of one stream are.
__device__ inline void stamp_next(const StampCursor& cursor) {
  const std::uint64_t place = (*cursor.stamped)++;
  stamp_now(cursor.slots + (place & cursor.mask), place + 1);
}

}  // namespace kvtool
