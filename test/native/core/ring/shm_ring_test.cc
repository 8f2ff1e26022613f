#include "core/ring/shm_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <vector>

#include "core/runtime/real_runtime.h"
#include "support/processes.h"

namespace kvtool {
namespace {

using Ring = ShmRing<RealRuntime>;

struct alignas(Ring::kAlignment) Line {
  std::array<std::byte, Ring::kAlignment> bytes;
};
std::vector<Line> memory_for(const RingShape& shape) {
  return std::vector<Line>(Ring::bytes(shape) / sizeof(Line));
}

TEST(ShmRing, CarriesAMessageToEveryReader) {
  const RingShape shape{.slots = 2, .readers = 2, .words = 3};
  auto memory = memory_for(shape);
  const Ring ring = Ring::create(memory.data(), shape);
  Ring::Writer writer(ring);
  Ring::Reader first(ring, 0), second(ring, 1);
  EXPECT_FALSE(first.may_read());
  ASSERT_TRUE(writer.may_write());
  writer.write(std::array<std::uint64_t, 3>{1, 2, 3});
  std::array<std::uint64_t, 3> got{};
  ASSERT_TRUE(first.may_read());
  first.read(got);
  EXPECT_EQ(got, (std::array<std::uint64_t, 3>{1, 2, 3}));
  EXPECT_FALSE(first.may_read()) << "once is enough";
  EXPECT_TRUE(second.may_read());
}

TEST(ShmRing, KeepsTheWriterFromASlotThatSomebodyHasNotRead) {
  const RingShape shape{.slots = 1, .readers = 2, .words = 1};
  auto memory = memory_for(shape);
  const Ring ring = Ring::create(memory.data(), shape);
  Ring::Writer writer(ring);
  Ring::Reader first(ring, 0), second(ring, 1);
  writer.write(std::array<std::uint64_t, 1>{7});
  std::array<std::uint64_t, 1> got{};
  first.read(got);
  EXPECT_FALSE(writer.may_write());
  EXPECT_EQ(writer.awaited_reader(), 1U);
  EXPECT_FALSE(writer.await([] { return true; })) << "the caller called it off";
  second.read(got);
  EXPECT_TRUE(writer.may_write());
}

TEST(ShmRing, GivesTheSlotBackWhenAVisitThrows) {
  const RingShape shape{};
  auto memory = memory_for(shape);
  const Ring ring = Ring::create(memory.data(), shape);
  Ring::Writer writer(ring);
  Ring::Reader reader(ring, 0);
  writer.write(std::array<std::uint64_t, 2>{1, 1});
  EXPECT_THROW(reader.visit([](auto) { throw std::runtime_error("cannot parse"); }), std::runtime_error);
  EXPECT_TRUE(writer.may_write());
}

TEST(ShmRing, IsFoundAtAnotherAddress) {
  const RingShape shape{.slots = 3, .readers = 1, .words = 2};
  const int file = memfd_create("ring", MFD_CLOEXEC);
  ASSERT_GE(file, 0);
  ASSERT_EQ(ftruncate(file, static_cast<off_t>(Ring::bytes(shape))), 0);
  const auto map = [&] {
    return mmap(nullptr, Ring::bytes(shape), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  };
  void* const here = map();
  void* const there = map();
  ASSERT_NE(here, there);
  Ring::Writer writer(Ring::create(here, shape));
  const Ring attached = Ring::attach(there, Ring::bytes(shape));
  EXPECT_EQ(attached.shape(), shape);
  Ring::Reader reader(attached, 0);
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(writer.may_write());
    writer.write(std::array{i, i});
    std::array<std::uint64_t, 2> got{};
    reader.read(got);
    EXPECT_EQ(got[1], i);
  }
  munmap(here, Ring::bytes(shape));
  munmap(there, Ring::bytes(shape));
  close(file);
}

TEST(ShmRing, RefusesWhatIsNoRing) {
  const RingShape shape{.slots = 4, .readers = 1, .words = 8};
  auto memory = memory_for(shape);
  EXPECT_THROW(Ring::attach(memory.data(), 8), std::runtime_error);
  EXPECT_THROW(Ring::attach(memory.data(), Ring::bytes(shape)), std::runtime_error) << "only zeroes";
  Ring::create(memory.data(), shape);
  EXPECT_NO_THROW(Ring::attach(memory.data(), Ring::bytes(shape)));
  EXPECT_THROW(Ring::attach(memory.data(), Ring::bytes(shape) - 1), std::runtime_error);
  EXPECT_THROW(Ring::create(memory.data(), {.slots = 0}), std::invalid_argument);
  EXPECT_THROW(Ring::create(memory.data(), {.readers = 5000}), std::invalid_argument);
}

}  // namespace
}  // namespace kvtool
