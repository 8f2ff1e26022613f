// The kernels that native/tools/stamp_bench measures stamps with: a stand-in for a transfer kernel, bare and
// stamping itself. Not part of any other program.
#include "stamp.cuh"

__device__ static void move(float* data, unsigned count) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) data[i] = data[i] * 1.0001f + 1.f;
}

extern "C" __global__ void kvtool_bench_move(float* data, unsigned count) { move(data, count); }

extern "C" __global__ void kvtool_bench_move_stamping(float* data, unsigned count, kvtool::StampSlot* slot,
                                                      std::uint64_t sequence) {
  if (blockIdx.x == 0 && threadIdx.x == 0) kvtool::stamp_now(slot, sequence);
  move(data, count);
}

extern "C" __global__ void kvtool_bench_move_last_stamps(float* data, unsigned count, kvtool::StampSlot* slot,
                                                         std::uint64_t sequence, unsigned* blocks_done) {
  move(data, count);
  kvtool::stamp_by_last_block(slot, sequence, blocks_done);
}

extern "C" __global__ void kvtool_bench_move_stamping_next(float* data, unsigned count, kvtool::StampCursor cursor) {
  if (blockIdx.x == 0 && threadIdx.x == 0) kvtool::stamp_next(cursor);
  move(data, count);
}
