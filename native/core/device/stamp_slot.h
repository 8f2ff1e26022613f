// StampSlot: where a GPU writes when it got somewhere in a stream: its own clock and a sequence number, in
// pinned host memory. The host reads it without any call of the driver.
//
// Compiled for the host and for the GPU (native/cuda/stamp.cuh), so that both agree. A GPU's two words may
// become visible one by one, in either order, and mixed with those of an earlier stamp. So the second word is
// not the sequence number itself but a function of both: what a mix of two stamps decodes to is no number
// that anybody expects, and neither side needs a fence or an atomic store of 16 bytes.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define KVTOOL_HOST_AND_GPU __host__ __device__
#else
#define KVTOOL_HOST_AND_GPU
#endif

namespace kvtool {

// All zero: nothing was stamped. No stamp has the sequence number 0.
struct alignas(16) StampSlot {
  std::uint64_t time;   // of the device's clock, ns; 0: the stamp was cancelled
  std::uint64_t check;  // stamp_check(time, sequence)
};

// A row of slots whose stamps the GPU numbers itself: for a kernel that is launched again and again with the
// same arguments, as in a CUDA graph. Stamp number n (from 1) goes to slot (n - 1) & mask.
struct StampCursor {
  StampSlot* slots;        // pinned memory
  std::uint64_t mask;      // number of slots - 1; that number is a power of two
  std::uint64_t* stamped;  // device memory: stamps so far, 0 at first
};

// Odd, so that multiplying by it can be undone; its bits are those of the golden ratio, which spread well.
inline constexpr std::uint64_t kStampSpread = 0x9E3779B97F4A7C15u;
inline constexpr std::uint64_t kStampGather = 0xF1DE83E19937733Du;
static_assert(kStampSpread * kStampGather == 1);

KVTOOL_HOST_AND_GPU constexpr std::uint64_t stamp_check(std::uint64_t time, std::uint64_t sequence) {
  return time + sequence * kStampSpread;
}
KVTOOL_HOST_AND_GPU constexpr std::uint64_t stamp_sequence(std::uint64_t time, std::uint64_t check) {
  return (check - time) * kStampGather;
}

}  // namespace kvtool
