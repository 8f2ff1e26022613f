#include "allocation_count.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

void* operator new(std::size_t bytes) {
  kvtool::AllocationCount::count_allocation();
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes); memory != nullptr) return memory;
  throw std::bad_alloc();
}
// std::stable_sort asks in this way.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  kvtool::AllocationCount::count_allocation();
  return std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept {
  kvtool::AllocationCount::count_free();
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace kvtool {
namespace {

TEST(AllocationCount, SeesWhatTheThreadAllocatesAndFreesWhileItLives) {
  auto before = std::make_unique<int>(1);
  AllocationCount count;
  EXPECT_EQ(count.allocated(), 0u);
  const std::string text(100, 'x');
  EXPECT_EQ(count.allocated(), 1u);
  EXPECT_EQ(count.freed(), 0u);
  before.reset();
  EXPECT_EQ(count.freed(), 1u);
}

}  // namespace
}  // namespace kvtool
