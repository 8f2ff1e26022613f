// The staging ring on the simulated device, whose streams run side by side, and on a driver library.
#include "core/transfer/staged_copy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "caches.h"
#include "core/device/cuda/stub_driver.h"
#include "core/device/sim/sim_device.h"
#include "core/transfer/device_cache.h"

namespace kvtool::transfer {
namespace {

using test::backward_slots;
using test::small_shape;

// Runs a transfer through rings of several sizes and compares both sides.
void expect_right_transfers(Device& device, const std::vector<std::int64_t>& slots, std::int64_t skip) {
  StreamId stream{};
  ASSERT_EQ(device.create_stream(&stream), Status::ok);
  const Shape shape = small_shape(Format::nl_x_two_nb_nh_bs_hs, Dtype::bf16);  // rows of 32 bytes
  for (const std::size_t first : {32, 96, 4096})
    for (const Direction direction : {Direction::to_buffer, Direction::to_pages}) {
      std::unique_ptr<StagedCopy> staged;
      ASSERT_EQ(StagedCopy::create(
                    device, {.first_piece = first, .most = 2 * first, .growth = 2, .buffers = 2}, &staged),
                Status::ok);
      DeviceCache cache(device, shape, slots, MemoryKind::pinned);
      Pages pages(shape), found_pages(shape);
      Buffer buffer(shape, cache.tokens()), found_buffer(shape, cache.tokens());
      pages.fill(1);
      buffer.fill(2);
      cache.upload(pages);
      cache.upload(buffer);
      const Plan plan = plan_of(cache.request(direction, skip));
      // Twice in a row, as the second finds the ring in use.
      ASSERT_EQ(staged->run(plan, slots, stream), Status::ok);
      ASSERT_EQ(staged->run(plan, slots, stream), Status::ok);
      ASSERT_EQ(device.synchronize_stream(stream), Status::ok);
      cache.download(found_pages);
      cache.download(found_buffer);
      if (direction == Direction::to_buffer)
        expect_in_buffer(buffer, slots, skip, 1);
      else
        expect_in_pages(pages, slots, skip, 2);
      const auto in_buffer = find_difference(found_buffer, buffer);
      const auto in_pages = find_difference(found_pages, pages);
      EXPECT_FALSE(in_buffer) << name(direction) << ", first " << first << ": " << in_buffer->message;
      EXPECT_FALSE(in_pages) << name(direction) << ", first " << first << ": " << in_pages->message;
    }
}

TEST(StagedCopy, MovesEveryRowThroughTheRing) {
  SimDevice device;
  expect_right_transfers(device, {0, 1, 2, 3, 8, 9, 10}, 0);
}

TEST(StagedCopy, LeavesRowsOnTheHostThatDoNotMove) {
  SimDevice device;
  const auto slots = backward_slots(small_shape(Format::nl_x_two_nb_nh_bs_hs, Dtype::bf16), 17);
  for (const std::int64_t skip : {0, 1, 7, 16}) expect_right_transfers(device, slots, skip);
}

TEST(StagedCopy, RunsOnADriver) {
  const cuda::test::StubDriver stub(cuda::Vendor::cuda);
  const auto device = stub.open();
  expect_right_transfers(*device, {7, 6, 5, -1, 3}, 1);
}

TEST(StagedCopy, SaysWhenThereIsNoMemoryForTheRing) {
  cuda::test::StubDriver stub(cuda::Vendor::cuda);
  const auto device = stub.open();
  stub.fail("cuMemAlloc_v2", 2);
  std::unique_ptr<StagedCopy> staged;
  EXPECT_EQ(StagedCopy::create(*device, {}, &staged), Status::out_of_memory);
  EXPECT_EQ(StagedCopy::create(*device, {.buffers = 1}, &staged), Status::invalid_value);
}

TEST(LaunchTransfer, IsRefusedWhenNoGridCanHaveIt) {
  SimDevice sim;
  const cuda::test::StubDriver stub(cuda::Vendor::cuda);
  const auto gpu = stub.open();
  for (Device* const device : {static_cast<Device*>(&sim), static_cast<Device*>(gpu.get())}) {
    StreamId stream{};
    ASSERT_EQ(device->create_stream(&stream), Status::ok);
    const DeviceCache cache(*device, small_shape(Format::nl_x_nb_bs_hs, Dtype::bf16), {0, 1, 2},
                            MemoryKind::device);
    for (const std::int64_t skip : {3, 4})
      EXPECT_EQ(
          device->launch_transfer(stream, make_unchecked_plan(cache.request(Direction::to_pages, skip))),
          Status::invalid_value);
    EXPECT_EQ(device->launch_transfer(StreamId{77}, plan_of(cache.request(Direction::to_pages, 0))),
              Status::invalid_handle);
  }
}

TEST(LaunchTransfer, RunsNoBaselineOnUnitsBelowItsOwn) {
  const cuda::test::StubDriver stub(cuda::Vendor::cuda);
  const auto device = stub.open();
  StreamId stream{};
  ASSERT_EQ(device->create_stream(&stream), Status::ok);
  const DeviceCache cache(*device, small_shape(Format::nl_x_nb_bs_hs, Dtype::bf16, 7), {0, 1},
                          MemoryKind::device);
  const Plan plan = plan_of(cache.request(Direction::to_buffer, 0));
  EXPECT_EQ(device->launch_transfer(stream, plan, cuda::TransferKernel::baseline), Status::not_supported);
  EXPECT_EQ(device->launch_transfer(stream, plan, cuda::TransferKernel::tiled), Status::ok);
  EXPECT_EQ(device->synchronize_stream(stream), Status::ok);
}

TEST(LaunchTransfer, IsNotSupportedWithoutKernels) {
  const cuda::test::StubDriver stub(cuda::Vendor::cuda);
  GpuOptions options = stub.options();
  options.images->transfer = {};
  const auto device = stub.open(options);
  const cuda::TransferKernels* kernels = nullptr;
  EXPECT_EQ(device->transfer_kernels(&kernels), Status::not_supported);
}

}  // namespace
}  // namespace kvtool::transfer
