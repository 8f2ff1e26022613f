#include "core/snapshot/v8/paged_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kvtool::snapshot::v8 {
namespace {

// Readable from 0x1000 up to `end`; each byte is its address.
class Counting final : public Memory {
 public:
  explicit Counting(std::uint64_t end) : end_(end) {}
  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override {
    ++readings;
    if (address < 0x1000 || address >= end_) return 0;
    const auto count = std::min<std::uint64_t>(out.size(), end_ - address);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>(address + i);
    return count;
  }
  mutable int readings = 0;

 private:
  std::uint64_t end_;
};

TEST(PagedMemory, ReadsAPageOnce) {
  const Counting counting(0x5000);
  PagedMemory memory(counting, 100);
  EXPECT_EQ(memory.value<std::uint8_t>(0x1234), 0x34);
  EXPECT_EQ(memory.value<std::uint8_t>(0x1fff), 0xff);
  EXPECT_EQ(counting.readings, 1);
  EXPECT_EQ(memory.value<std::uint16_t>(0x1fff), 0x00ff) << "across two pages";
  EXPECT_EQ(counting.readings, 2);
  memory.forget();
  EXPECT_EQ(memory.value<std::uint8_t>(0x1234), 0x34);
  EXPECT_EQ(counting.readings, 3);
}

TEST(PagedMemory, EndsWhereMemoryEnds) {
  const Counting counting(0x2004);
  const PagedMemory memory(counting, 100);
  EXPECT_EQ(memory.value<std::uint32_t>(0x2000), 0x03020100u);
  EXPECT_EQ(memory.value<std::uint32_t>(0x2001), std::nullopt);
  EXPECT_EQ(memory.value<std::uint32_t>(0x0), std::nullopt);
  EXPECT_EQ(memory.value<std::uint32_t>(UINT64_MAX - 1), std::nullopt);
  EXPECT_EQ(memory.value<std::uint32_t>(std::uint64_t{1} << 63), std::nullopt);
}

TEST(PagedMemory, ReadsNoMoreThanItsLimit) {
  const Counting counting(std::uint64_t{1} << 40);
  PagedMemory memory(counting, 10);
  int readable = 0;
  for (std::uint64_t page = 1; page <= 100; ++page) readable += memory.value<int>(page * 4096).has_value();
  EXPECT_EQ(readable, 10);
  memory.forget();
  EXPECT_TRUE(memory.value<int>(4096));
  std::vector<std::byte> big(9 * 4096);
  EXPECT_EQ(memory.read(4096, big), big.size());
  EXPECT_EQ(memory.read(4096, big), 0u) << "big readings count as well";
}

}  // namespace
}  // namespace kvtool::snapshot::v8
