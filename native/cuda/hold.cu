// The kernels that CudaDevice loads when it begins, so that their launches wait for nothing. Compiled to a fatbin
// that the core embeds; the launch side is native/core/device/cuda/gpu_device_work.cc.

#include "stamp.cuh"

// Does nothing: what an empty KernelBody stands for.
extern "C" __global__ void kvtool_empty() {}

// Keeps its stream until the host lets it go. `words` lies in pinned host memory, so both sides see it:
//   words[0]  written here: 1 the kernel has begun, 2 it is about to end
//   words[1]  written by the host: not 0 lets it end
// `limit_ns` ends it without the host, for a process that lost the thread which would let it go; 0: no limit.
extern "C" __global__ void kvtool_hold(volatile unsigned* words, unsigned long long limit_ns) {
  unsigned long long began, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(began));
  words[0] = 1;
  __threadfence_system();
  while (words[1] == 0) {
    // Each look crosses the bus to the host's memory: spare it for other work.
    __nanosleep(500);
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    if (limit_ns != 0 && now - began > limit_ns) break;
  }
  __threadfence_system();
  words[0] = 2;
}

// A stamp by itself, for a place in a stream where no kernel of the caller's can make it.
extern "C" __global__ void kvtool_stamp(kvtool::StampSlot* slot, std::uint64_t sequence) {
  kvtool::stamp_now(slot, sequence);
}

// The same, numbered by the GPU, for a graph that is launched many times.
extern "C" __global__ void kvtool_stamp_next(kvtool::StampCursor cursor) { kvtool::stamp_next(cursor); }
