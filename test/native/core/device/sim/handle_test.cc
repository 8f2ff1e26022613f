#include <gtest/gtest.h>

#include "attempt.h"

namespace kvtool {
namespace {

using sim::test::new_event;
using sim::test::new_stream;
using sim::test::observed;

constexpr StreamId kNoStream{99};
constexpr EventId kNoEvent{99};
constexpr ModuleId kNoModule{99};

class SimHandle : public ::testing::Test {
 protected:
  // Every call that takes a stream.
  void expect_invalid(StreamId bad) {
    void* out = nullptr;
    char byte = 0;
    EXPECT_EQ(device.destroy_stream(bad), Status::invalid_handle);
    EXPECT_EQ(device.synchronize_stream(bad), Status::invalid_handle);
    EXPECT_EQ(device.query_stream(bad), Status::invalid_handle);
    EXPECT_EQ(device.record_event(event, bad), Status::invalid_handle);
    EXPECT_EQ(device.wait_event(bad, event), Status::invalid_handle);
    EXPECT_EQ(device.launch_host_function(
                  bad, [](void*) {}, nullptr),
              Status::invalid_handle);
    EXPECT_EQ(device.launch_kernel(bad, device.loaded_module(), {}), Status::invalid_handle);
    EXPECT_EQ(device.allocate_from_pool(1, bad, &out), Status::invalid_handle);
    EXPECT_EQ(device.free_to_pool(out, bad), Status::invalid_handle);
    EXPECT_EQ(device.copy_async(&byte, &byte, 1, MemoryKind::pinned, bad), Status::invalid_handle);
  }
  void expect_invalid(EventId bad) {
    EXPECT_EQ(device.destroy_event(bad), Status::invalid_handle);
    EXPECT_EQ(device.record_event(bad, stream), Status::invalid_handle);
    EXPECT_EQ(device.wait_event(stream, bad), Status::invalid_handle);
    EXPECT_EQ(device.query_event(bad), Status::invalid_handle);
    EXPECT_EQ(device.synchronize_event(bad), Status::invalid_handle);
  }

  SimDevice device{observed()};
  const StreamId stream = new_stream(device);
  const EventId event = new_event(device);
};

TEST_F(SimHandle, UnknownOnesAreInvalid) {
  expect_invalid(kNoStream);
  expect_invalid(StreamId{0});  // the legacy stream has no handle here
  expect_invalid(kNoEvent);
  EXPECT_EQ(device.launch_kernel(stream, kNoModule, {}), Status::invalid_handle);
  EXPECT_EQ(device.function_attributes(kNoModule), Status::invalid_handle);
}

TEST_F(SimHandle, DestroyedOnesStayInvalid) {
  EXPECT_EQ(device.destroy_stream(stream), Status::ok);
  expect_invalid(stream);
  EXPECT_NE(new_stream(device), stream);  // numbers are not used twice
  const EventId gone = new_event(device);
  EXPECT_EQ(device.destroy_event(gone), Status::ok);
  EXPECT_EQ(device.query_event(gone), Status::invalid_handle);
  EXPECT_NE(new_event(device), gone);
}

TEST_F(SimHandle, ANullPlaceForTheResultIsAnInvalidValue) {
  std::size_t bytes = 0;
  EXPECT_EQ(device.create_stream(nullptr), Status::invalid_value);
  EXPECT_EQ(device.create_event(nullptr), Status::invalid_value);
  EXPECT_EQ(device.create_module(nullptr), Status::invalid_value);
  EXPECT_EQ(device.allocate(1, MemoryKind::device, nullptr), Status::invalid_value);
  EXPECT_EQ(device.allocate_from_pool(1, stream, nullptr), Status::invalid_value);
  EXPECT_EQ(device.pointer_attributes(&bytes, nullptr), Status::invalid_value);
  EXPECT_EQ(device.memory_info(&bytes, nullptr), Status::invalid_value);
  EXPECT_EQ(device.launch_host_function(stream, nullptr, nullptr), Status::invalid_value);
}

}  // namespace
}  // namespace kvtool
