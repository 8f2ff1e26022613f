// AllocationCount: how often the calling thread allocated and freed while one lives. The test program's
// operator new and operator delete (allocation_count_test.cc) count for it.
#pragma once

#include <cstddef>

namespace kvtool {

class AllocationCount {
 public:
  AllocationCount() : outer_(current) { current = this; }
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;
  ~AllocationCount() { current = outer_; }

  std::size_t allocated() const { return allocated_; }
  std::size_t freed() const { return freed_; }

  static void count_allocation() {
    if (current != nullptr) current->allocated_++;
  }
  static void count_free() {
    if (current != nullptr) current->freed_++;
  }

 private:
  // Each thread counts for itself, so nothing is shared.
  static inline thread_local constinit AllocationCount* current = nullptr;

  AllocationCount* const outer_;
  std::size_t allocated_ = 0;
  std::size_t freed_ = 0;
};

}  // namespace kvtool
