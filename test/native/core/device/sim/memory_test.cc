#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_buffer;
using sim::test::new_stream;
using sim::test::observed;

SimOptions with_device_memory(std::size_t bytes) {
  SimOptions options = observed();
  options.device_memory = bytes;
  return options;
}

class SimMemory : public ::testing::Test {
 protected:
  MemoryKind kind_of(const void* pointer) {
    MemoryKind kind{};
    EXPECT_EQ(device.pointer_attributes(pointer, &kind), Status::ok);
    return kind;
  }
  std::size_t free_bytes() {
    std::size_t now = 0, total = 0;
    EXPECT_EQ(device.memory_info(&now, &total), Status::ok);
    EXPECT_EQ(total, std::size_t{1} << 20);
    return now;
  }

  SimDevice device{with_device_memory(1 << 20)};
};

TEST_F(SimMemory, PointersRememberTheirKindAnywhereInTheBuffer) {
  for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned, MemoryKind::pageable}) {
    auto* buffer = static_cast<char*>(new_buffer(device, 100, kind));
    EXPECT_EQ(kind_of(buffer), kind);
    EXPECT_EQ(kind_of(buffer + 99), kind);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer) % 256, 0u);
    buffer[0] = buffer[99] = 'x';
    EXPECT_EQ(device.free(buffer), Status::ok);
  }
  int local = 0;
  EXPECT_EQ(kind_of(&local), MemoryKind::pageable);
}

TEST_F(SimMemory, DeviceMemoryIsLimitedAndComesBack) {
  EXPECT_EQ(free_bytes(), std::size_t{1} << 20);
  void* most = new_buffer(device, (1 << 20) - 100, MemoryKind::device);
  EXPECT_EQ(free_bytes(), 100u);
  void* more = &most;
  EXPECT_EQ(device.allocate(101, MemoryKind::device, &more), Status::out_of_memory);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(device.allocate(101, MemoryKind::pinned, &more), Status::ok);
  EXPECT_EQ(device.free(most), Status::ok);
  EXPECT_EQ(free_bytes(), std::size_t{1} << 20);
}

TEST_F(SimMemory, ZeroBytesAreANullPointerAndFreeingOneIsFine) {
  EXPECT_EQ(new_buffer(device, 0, MemoryKind::device), nullptr);
  EXPECT_EQ(device.free(nullptr), Status::ok);
}

TEST_F(SimMemory, FreeingWhatIsNoBufferFails) {
  auto* buffer = static_cast<char*>(new_buffer(device, 64, MemoryKind::device));
  int local = 0;
  EXPECT_EQ(device.free(&local), Status::invalid_value);
  EXPECT_EQ(device.free(buffer + 1), Status::invalid_value);
  EXPECT_EQ(device.free(buffer), Status::ok);
  EXPECT_EQ(device.free(buffer), Status::invalid_value);
}

TEST_F(SimMemory, FreeingWaitsForTheDeviceButPageableMemoryIsLibcs) {
  const StreamId stream = new_stream(device);
  const std::pair<MemoryKind, std::string> waits[] = {
      {MemoryKind::device, "cudaFree"}, {MemoryKind::pinned, "cudaFreeHost"}, {MemoryKind::pageable, ""}};
  for (const auto& [kind, call] : waits) {
    void* buffer = new_buffer(device, 64, kind);
    Gate gate{device};
    device.launch_host_function(stream, Gate::pass, &gate);
    Attempt frees([&] { return device.free(buffer); });
    EXPECT_EQ(frees.blocks(), !call.empty());
    EXPECT_EQ(frees.inside(), call);
    gate.open();
    EXPECT_EQ(frees.result(), Status::ok);
  }
}

TEST_F(SimMemory, OfTwoThreadsThatFreeTheSamePointerOneFails) {
  const StreamId stream = new_stream(device);
  void* buffer = new_buffer(device, 64, MemoryKind::device);
  Gate gate{device};
  device.launch_host_function(stream, Gate::pass, &gate);
  Attempt one([&] { return device.free(buffer); });
  EXPECT_TRUE(one.blocks());
  Attempt two([&] { return device.free(buffer); });
  EXPECT_TRUE(two.blocks());
  gate.open();
  EXPECT_EQ(one.result(), Status::ok);
  EXPECT_EQ(two.result(), Status::invalid_value);
}

}  // namespace
}  // namespace kvtool
