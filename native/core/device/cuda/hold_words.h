// HoldWords: the words through which the host and a kvtool_hold kernel talk, in pinned memory that both see.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace kvtool::cuda {

// As native/cuda/hold.cu has it. A cache line of its own: several kernels write at once.
struct alignas(64) HoldWords {
  std::uint32_t state;    // 0: not begun, 1: begun, 2: about to end; written by the GPU
  std::uint32_t release;  // not 0 lets the kernel end; written by the host

  // Acquire and release: what the host did before it lets the kernel go happens before the kernel's end.
  std::uint32_t read_state() { return std::atomic_ref(state).load(std::memory_order_acquire); }
  void let_go() { std::atomic_ref(release).store(1, std::memory_order_release); }
};

// Words to lend. Safe from any thread.
class HoldWordsPool {
 public:
  static constexpr std::size_t kWordsInBlock = 1024;

  // `allocate_block` returns pinned, mapped memory for kWordsInBlock, or null; who made the pool frees the
  // blocks after it.
  explicit HoldWordsPool(std::function<void*()> allocate_block)
      : allocate_block_(std::move(allocate_block)) {}

  // Words with state 0, or null when there is no memory.
  HoldWords* take();
  // Words of a kernel that was let go, or never launched. They are lent again when the kernel has ended:
  // before that it still reads them.
  void give_back(HoldWords* words, bool launched);

 private:
  const std::function<void*()> allocate_block_;
  std::mutex lock_;  // guards the two below
  std::vector<HoldWords*> free_;
  std::vector<HoldWords*> ending_;  // the kernel may still read them
};

}  // namespace kvtool::cuda
