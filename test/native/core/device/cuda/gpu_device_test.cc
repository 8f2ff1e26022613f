// What a device does through its driver library, with CUDA's names and with HIP's.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include "core/device/stamp_access.h"
#include "core/device/table/gate.h"
#include "stub_driver.h"

namespace kvtool {
namespace {

using cuda::Vendor;
using cuda::test::StubDriver;
using table::Gate;

class GpuDeviceTest : public testing::TestWithParam<Vendor> {
 protected:
  StubDriver stub{GetParam()};
};

std::string vendor_name(const testing::TestParamInfo<Vendor>& info) {
  return info.param == Vendor::cuda ? "Cuda" : "Hip";
}
INSTANTIATE_TEST_SUITE_P(Both, GpuDeviceTest, testing::Values(Vendor::cuda, Vendor::hip), vendor_name);

StreamId new_stream(Device& device) {
  StreamId stream{};
  EXPECT_EQ(device.create_stream(&stream), Status::ok);
  return stream;
}

TEST_P(GpuDeviceTest, SaysWhichGpuItIs) {
  const auto device = stub.open();
  EXPECT_NE(device->description().find("Stub GPU"), std::string::npos) << device->description();
  EXPECT_NE(device->description().find("13"), std::string::npos) << device->description();
}

TEST_P(GpuDeviceTest, HandsOutTheDriversOwnStreams) {
  const auto device = stub.open();
  const StreamId one = new_stream(*device), other = new_stream(*device);
  void *first = nullptr, *again = nullptr, *second = nullptr;
  ASSERT_EQ(device->native_stream(one, &first), Status::ok);
  ASSERT_EQ(device->native_stream(one, &again), Status::ok);
  ASSERT_EQ(device->native_stream(other, &second), Status::ok);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, second);
  EXPECT_EQ(device->native_stream(one, nullptr), Status::invalid_value);
  EXPECT_EQ(device->native_stream(StreamId{99}, &first), Status::invalid_handle);
}

TEST_P(GpuDeviceTest, RunsKernelsCopiesAndHostFunctionsInStreamOrder) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  void *host = nullptr, *on_device = nullptr;
  ASSERT_EQ(device->allocate(8, MemoryKind::pinned, &host), Status::ok);
  ASSERT_EQ(device->allocate(8, MemoryKind::device, &on_device), Status::ok);
  std::vector<std::string> order;  // one stream: one writer at a time
  ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(),
                                  [&] {
                                    order.emplace_back("kernel");
                                    std::memcpy(host, "written", 8);
                                  }),
            Status::ok);
  ASSERT_EQ(device->copy_async(on_device, host, 8, MemoryKind::pinned, stream), Status::ok);
  ASSERT_EQ(
      device->launch_host_function(
          stream, [](void* seen) { static_cast<std::vector<std::string>*>(seen)->emplace_back("host"); },
          &order),
      Status::ok);
  ASSERT_EQ(
      device->launch_kernel(stream, device->loaded_module(), [&] { order.emplace_back("second kernel"); }),
      Status::ok);
  ASSERT_EQ(device->synchronize_stream(stream), Status::ok);
  EXPECT_EQ(order, (std::vector<std::string>{"kernel", "host", "second kernel"}));
  char back[8] = {};
  ASSERT_EQ(device->copy(back, on_device, 8), Status::ok);
  EXPECT_STREQ(back, "written");
}

TEST_P(GpuDeviceTest, AKernelLastsAsLongAsItsBody) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  EventId event{};
  ASSERT_EQ(device->create_event(&event), Status::ok);
  Gate gate(*device);
  ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(), gate.kernel()), Status::ok);
  ASSERT_EQ(device->record_event(event, stream), Status::ok);
  gate.wait_until_entered();
  EXPECT_EQ(device->query_stream(stream), Status::not_ready);
  EXPECT_EQ(device->query_event(event), Status::not_ready);
  gate.open();
  EXPECT_EQ(device->synchronize_event(event), Status::ok);
  EXPECT_EQ(device->query_stream(stream), Status::ok);
}

TEST_P(GpuDeviceTest, StampsWithNumbersOfItsOwn) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  void *memory = nullptr, *number = nullptr;
  ASSERT_EQ(device->allocate(2 * sizeof(StampSlot), MemoryKind::pinned, &memory), Status::ok);
  ASSERT_EQ(device->allocate(sizeof(std::uint64_t), MemoryKind::device, &number), Status::ok);
  const std::uint64_t zero = 0;
  ASSERT_EQ(device->copy(number, &zero, sizeof zero), Status::ok);
  auto* const slots = static_cast<StampSlot*>(memory);
  slots[0] = slots[1] = {};
  const StampCursor cursor{.slots = slots, .mask = 1, .stamped = static_cast<std::uint64_t*>(number)};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(device->stamp_next(stream, cursor), Status::ok);
  ASSERT_EQ(device->synchronize_stream(stream), Status::ok);
  EXPECT_EQ(read_stamp(slots[0]).sequence, 3u) << "goes round";
  EXPECT_EQ(read_stamp(slots[1]).sequence, 2u);
  EXPECT_EQ(device->stamp_next(stream, {}), Status::invalid_value);
  EXPECT_EQ(device->stamp_next(StreamId{999}, cursor), Status::invalid_handle);
}

TEST_P(GpuDeviceTest, StampsWhenTheStreamComesThere) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  const char* const launch = GetParam() == Vendor::cuda ? "cuLaunchKernel" : "hipModuleLaunchKernel";
  void* memory = nullptr;
  ASSERT_EQ(device->allocate(2 * sizeof(StampSlot), MemoryKind::pinned, &memory), Status::ok);
  auto* const slots = static_cast<StampSlot*>(memory);
  slots[0] = slots[1] = {};
  {
    Gate gate(*device);
    ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(), gate.kernel()), Status::ok);
    gate.wait_until_entered();
    const int before = stub.calls(launch);
    ASSERT_EQ(device->stamp(stream, &slots[0], 7), Status::ok);
    EXPECT_EQ(stub.calls(launch), before + 1) << "one call of the driver, no host function";
    ASSERT_EQ(device->stamp(stream, &slots[1], 8), Status::ok);
    EXPECT_EQ(read_stamp(slots[0]).sequence, 0u) << "the kernel before it has not ended";
  }
  ASSERT_EQ(device->synchronize_stream(stream), Status::ok);
  const StampReading first = read_stamp(slots[0]), second = read_stamp(slots[1]);
  EXPECT_EQ(first.sequence, 7u);
  EXPECT_EQ(second.sequence, 8u);
  EXPECT_LE(first.time, second.time);
}

TEST_P(GpuDeviceTest, SaysWhyItDidNotStamp) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  StampSlot slot{};
  EXPECT_EQ(device->stamp(StreamId{99}, &slot, 1), Status::invalid_handle);
  EXPECT_EQ(device->stamp(stream, nullptr, 1), Status::invalid_value);
  const char* const launch = GetParam() == Vendor::cuda ? "cuLaunchKernel" : "hipModuleLaunchKernel";
  stub.fail(launch, 2);
  const Status status = device->stamp(stream, &slot, 1);
  EXPECT_EQ(status, Status::out_of_memory);
  EXPECT_NE(device->describe(status).find(launch), std::string::npos) << device->describe(status);
}

TEST_P(GpuDeviceTest, BodiesOfTwoStreamsRunAtTheSameTime) {
  const auto device = stub.open();
  Gate first(*device), second(*device);
  ASSERT_EQ(device->launch_kernel(new_stream(*device), device->loaded_module(), first.kernel()), Status::ok);
  ASSERT_EQ(device->launch_kernel(new_stream(*device), device->loaded_module(), second.kernel()), Status::ok);
  first.wait_until_entered();
  second.wait_until_entered();
  first.open();  // both, before either gate goes: it waits for the whole device
}

TEST_P(GpuDeviceTest, WordsOfEndedKernelsServeAgain) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  const char* const host_alloc = GetParam() == Vendor::cuda ? "cuMemHostAlloc" : "hipHostMalloc";
  const int before = stub.calls(host_alloc);
  std::atomic<int> ran{0};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i)
      ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(), [&] { ++ran; }), Status::ok);
    ASSERT_EQ(device->synchronize_stream(stream), Status::ok);
  }
  EXPECT_EQ(ran, 2000);
  EXPECT_EQ(stub.calls(host_alloc), before)
      << "2,000 kernels, never more than 100 at a time: one block serves them";
}

TEST_P(GpuDeviceTest, AStreamFinishesItsBodiesAfterItWasDestroyed) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  std::atomic<bool> ran{false};
  {
    Gate gate(*device);
    ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(), gate.kernel()), Status::ok);
    ASSERT_EQ(device->launch_kernel(stream, device->loaded_module(), [&] { ran = true; }), Status::ok);
    gate.wait_until_entered();
    EXPECT_EQ(device->destroy_stream(stream), Status::ok);
    EXPECT_EQ(device->query_stream(stream), Status::invalid_handle);
  }
  EXPECT_TRUE(ran);
}

TEST_P(GpuDeviceTest, EveryKindOfColdModuleLoadsAndLaunches) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  for (const auto content : {ModuleContent::plain, ModuleContent::large_variable, ModuleContent::local_memory,
                             ModuleContent::prints}) {
    ModuleId module{};
    ASSERT_EQ(device->create_module_of(content, &module), Status::ok);
    EXPECT_EQ(device->launch_kernel(stream, module, {}), Status::ok);
    EXPECT_EQ(device->function_attributes(module), Status::ok);
  }
  std::atomic<bool> ran{false};
  ModuleId module{};
  ASSERT_EQ(device->create_module(&module), Status::ok);
  EXPECT_EQ(device->launch_kernel(stream, module, [&] { ran = true; }), Status::ok);
  EXPECT_EQ(device->synchronize_device(), Status::ok);
  EXPECT_TRUE(ran);
}

TEST_P(GpuDeviceTest, TellsMemoryByItsKind) {
  const auto device = stub.open();
  const StreamId stream = new_stream(*device);
  for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned, MemoryKind::pageable}) {
    void* memory = nullptr;
    ASSERT_EQ(device->allocate(64, kind, &memory), Status::ok);
    MemoryKind found{};
    ASSERT_EQ(device->pointer_attributes(memory, &found), Status::ok);
    EXPECT_EQ(found, kind);
    EXPECT_EQ(device->free(memory), Status::ok);
    EXPECT_EQ(device->free(memory), Status::invalid_value) << "a second time";
  }
  void* pooled = nullptr;
  ASSERT_EQ(device->allocate_from_pool(64, stream, &pooled), Status::ok);
  EXPECT_EQ(device->free_to_pool(pooled, stream), Status::ok);
  std::size_t free_bytes = 0, total_bytes = 0;
  ASSERT_EQ(device->memory_info(&free_bytes, &total_bytes), Status::ok);
  EXPECT_GT(free_bytes, 0u);
  EXPECT_LE(free_bytes, total_bytes);
}

TEST_P(GpuDeviceTest, TwoContextsRunTheirHostFunctionsSideBySide) {
  const auto first = stub.open();
  GpuOptions own = stub.options();
  own.own_context = true;
  own.context = 1;
  const auto second = stub.open(std::move(own));
  Gate here(*first), there(*second);
  ASSERT_EQ(first->launch_host_function(new_stream(*first), Gate::pass, &here), Status::ok);
  ASSERT_EQ(second->launch_host_function(new_stream(*second), Gate::pass, &there), Status::ok);
  here.wait_until_entered();
  there.wait_until_entered();
}

TEST_P(GpuDeviceTest, NothingIsLeftWhenItGoes) {
  const int before = stub.alive();
  {
    const auto device = stub.open();
    const StreamId stream = new_stream(*device);
    EventId event{};
    void* memory = nullptr;
    ModuleId module{};
    EXPECT_EQ(device->create_event(&event), Status::ok);
    EXPECT_EQ(device->allocate(64, MemoryKind::pinned, &memory), Status::ok);
    EXPECT_EQ(device->create_module(&module), Status::ok);
    EXPECT_EQ(device->launch_kernel(stream, device->loaded_module(), [] {}), Status::ok);
    EXPECT_GT(stub.alive(), before);
  }
  EXPECT_EQ(stub.alive(), before);
}

}  // namespace
}  // namespace kvtool
