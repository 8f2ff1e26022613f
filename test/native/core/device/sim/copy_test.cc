#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_buffer;
using sim::test::new_stream;
using sim::test::observed;

constexpr std::size_t kBytes = 4096;

class SimCopy : public ::testing::Test {
 protected:
  char* buffer(MemoryKind kind) { return static_cast<char*>(new_buffer(device, kBytes, kind)); }

  SimDevice device{observed()};
  Gate gate{device};
  const StreamId stream = new_stream(device);
};

TEST_F(SimCopy, BytesTravelFromHostToDeviceToDeviceToHost) {
  for (const MemoryKind kind : {MemoryKind::pinned, MemoryKind::pageable}) {
    char* source = buffer(kind);
    char* first = buffer(MemoryKind::device);
    char* second = buffer(MemoryKind::device);
    char* destination = buffer(kind);
    for (std::size_t i = 0; i < kBytes; ++i) source[i] = static_cast<char>(i * 7 + 1);
    std::memset(destination, 0, kBytes);
    EXPECT_EQ(device.copy_async(first, source, kBytes, kind, stream), Status::ok);
    EXPECT_EQ(device.copy_async(second, first, kBytes, MemoryKind::device, stream), Status::ok);
    EXPECT_EQ(device.copy_async(destination, second, kBytes, kind, stream), Status::ok);
    EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
    EXPECT_EQ(std::memcmp(source, destination, kBytes), 0);
  }
}

TEST_F(SimCopy, SynchronousCopiesAreDoneWhenTheyReturn) {
  const std::vector<char> source(kBytes, 'k');
  std::vector<char> destination(kBytes, 0);
  char* on_device = buffer(MemoryKind::device);
  EXPECT_EQ(device.copy(on_device, source.data(), kBytes), Status::ok);
  EXPECT_EQ(device.copy(destination.data(), on_device, kBytes), Status::ok);
  EXPECT_EQ(source, destination);
}

// The bytes are read when the stream comes to the copy, not when it is enqueued: that is what makes a staging
// buffer that is filled again too early carry the wrong data.
TEST_F(SimCopy, APinnedCopyReadsItsSourceWhenItRuns) {
  char* staging = buffer(MemoryKind::pinned);
  char* on_device = buffer(MemoryKind::device);
  std::memset(staging, 'a', kBytes);
  device.launch_kernel(stream, device.loaded_module(), gate.kernel());
  EXPECT_EQ(device.copy_async(on_device, staging, kBytes, MemoryKind::pinned, stream), Status::ok);
  std::memset(staging, 'b', kBytes);
  gate.open();
  device.synchronize_stream(stream);
  EXPECT_EQ(on_device[0], 'b');
}

TEST_F(SimCopy, APageableCopyIntoABusyStreamWaitsForItAndHoldsTheContext) {
  std::vector<char> source(kBytes, 'p');
  char* on_device = buffer(MemoryKind::device);
  device.launch_kernel(stream, device.loaded_module(), [&] {
    gate.kernel()();
    on_device[0] = 'k';
  });
  Attempt copies(
      [&] { return device.copy_async(on_device, source.data(), kBytes, MemoryKind::pageable, stream); });
  EXPECT_TRUE(copies.blocks());
  EXPECT_EQ(copies.waits_for(), "stream:1");
  EXPECT_EQ(copies.inside(), "cudaMemcpyAsync (pageable, busy stream)");
  Attempt manages([&] {
    EventId event{};
    return device.create_event(&event);
  });
  EXPECT_TRUE(manages.blocks());
  EXPECT_EQ(manages.waits_for(), "driver-lock:C");
  gate.open();
  EXPECT_EQ(copies.result(), Status::ok);
  EXPECT_EQ(on_device[0], 'p');
}

TEST_F(SimCopy, APageableSourceMayBeReusedAtOnce) {
  std::vector<char> source(kBytes, 'a');
  char* on_device = buffer(MemoryKind::device);
  EXPECT_EQ(device.copy_async(on_device, source.data(), kBytes, MemoryKind::pageable, stream), Status::ok);
  std::fill(source.begin(), source.end(), 'b');
  device.synchronize_stream(stream);
  EXPECT_EQ(on_device[0], 'a');
}

TEST_F(SimCopy, NothingToCopySucceedsAndANullPointerDoesNot) {
  char* on_device = buffer(MemoryKind::device);
  EXPECT_EQ(device.copy_async(nullptr, nullptr, 0, MemoryKind::pinned, stream), Status::ok);
  EXPECT_EQ(device.copy(nullptr, nullptr, 0), Status::ok);
  EXPECT_EQ(device.copy_async(on_device, nullptr, 1, MemoryKind::pinned, stream), Status::invalid_value);
  EXPECT_EQ(device.copy(nullptr, on_device, 1), Status::invalid_value);
}

}  // namespace
}  // namespace kvtool
