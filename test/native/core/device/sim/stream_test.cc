#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <future>
#include <string>
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

std::string this_thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

// Kernels, host functions and copies of one stream touch `order` without a lock: only the stream's order
// makes that right, which ThreadSanitizer checks too.
TEST(SimStream, WorkOfAllKindsRunsInSubmissionOrder) {
  SimDevice device(observed());
  const StreamId stream = new_stream(device);
  std::vector<int> order;
  auto* source = static_cast<int*>(new_buffer(device, sizeof(int), MemoryKind::pinned));
  auto* copied = static_cast<int*>(new_buffer(device, sizeof(int), MemoryKind::device));
  for (int i = 0; i < 50; ++i) {
    device.launch_kernel(stream, device.loaded_module(), [&, i] { *source = i; });
    device.copy_async(copied, source, sizeof(int), MemoryKind::pinned, stream);
    device.launch_kernel(stream, device.loaded_module(), [&] { order.push_back(*copied); });
    device.launch_host_function(
        stream, [](void* list) { static_cast<std::vector<int>*>(list)->push_back(-1); }, &order);
  }
  EXPECT_EQ(device.synchronize_stream(stream), Status::ok);
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(order[2 * i], i);
    EXPECT_EQ(order[2 * i + 1], -1);
  }
}

TEST(SimStream, StreamsDoNotWaitForEachOther) {
  SimDevice device(observed());
  const StreamId busy = new_stream(device), other = new_stream(device);
  Gate gate{device};
  EXPECT_EQ(device.launch_kernel(busy, device.loaded_module(), gate.kernel()), Status::ok);
  int ran = 0;
  EXPECT_EQ(device.launch_kernel(other, device.loaded_module(), [&] { ran = 1; }), Status::ok);
  EXPECT_EQ(device.synchronize_stream(other), Status::ok);
  EXPECT_EQ(ran, 1);
  gate.open();
}

TEST(SimStream, QuerySaysNotReadyUntilTheWorkIsDone) {
  SimDevice device(observed());
  const StreamId stream = new_stream(device);
  EXPECT_EQ(device.query_stream(stream), Status::ok);
  Gate gate{device};
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  EXPECT_EQ(device.query_stream(stream), Status::not_ready);
  gate.open();
  device.synchronize_stream(stream);
  EXPECT_EQ(device.query_stream(stream), Status::ok);
}

TEST(SimStream, SynchronizeWaitsForEarlierWorkOnly) {
  SimDevice device(observed());
  const StreamId stream = new_stream(device);
  Gate first{device}, later{device};
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), first.kernel()), Status::ok);
  Attempt waiter([&] { return device.synchronize_stream(stream); });
  EXPECT_TRUE(waiter.blocks());
  EXPECT_EQ(waiter.waits_for(), "stream:1");
  EXPECT_EQ(waiter.inside(), "cudaStreamSynchronize");
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), later.kernel()), Status::ok);
  first.open();
  EXPECT_EQ(waiter.result(), Status::ok);
  EXPECT_EQ(device.query_stream(stream), Status::not_ready);
  later.open();
}

TEST(SimStream, DeviceSynchronizeWaitsForEveryStream) {
  SimDevice device(observed());
  const StreamId one = new_stream(device), two = new_stream(device);
  Gate a{device}, b{device};
  EXPECT_EQ(device.launch_kernel(one, device.loaded_module(), a.kernel()), Status::ok);
  EXPECT_EQ(device.launch_host_function(two, Gate::pass, &b), Status::ok);
  Attempt waiter([&] { return device.synchronize_device(); });
  EXPECT_TRUE(waiter.blocks());
  EXPECT_EQ(waiter.waits_for(), "device:idle");
  EXPECT_EQ(device.waiting_for_idle(), 1u);
  a.open();
  device.synchronize_stream(one);
  EXPECT_EQ(device.waiting_for_idle(), 1u);
  b.open();
  EXPECT_EQ(waiter.result(), Status::ok);
  EXPECT_EQ(device.waiting_for_idle(), 0u);
}

TEST(SimStream, TheWorkOfADestroyedStreamIsStillDone) {
  SimDevice device(observed());
  const StreamId stream = new_stream(device);
  Gate gate{device};
  int ran = 0;
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), gate.kernel()), Status::ok);
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), [&] { ran = 1; }), Status::ok);
  EXPECT_EQ(device.destroy_stream(stream), Status::ok);
  EXPECT_EQ(device.query_stream(stream), Status::invalid_handle);
  gate.open();
  EXPECT_EQ(device.synchronize_device(), Status::ok);
  EXPECT_EQ(ran, 1);
}

TEST(SimStream, TheDeviceFinishesItsWorkBeforeItGoes) {
  int ran = 0;
  std::promise<void> go;
  {
    SimDevice device(observed());
    const StreamId stream = new_stream(device);
    device.launch_kernel(stream, device.loaded_module(), [&] { go.get_future().wait(); });
    for (int i = 0; i < 10; ++i) device.launch_kernel(stream, device.loaded_module(), [&] { ++ran; });
    go.set_value();
  }
  EXPECT_EQ(ran, 10);
}

TEST(SimStream, ManyStreamsMayComeAndGo) {
  SimDevice device(observed());
  std::atomic<int> ran{0};  // the streams run side by side
  for (int i = 0; i < 200; ++i) {
    const StreamId stream = new_stream(device);
    device.launch_kernel(stream, device.loaded_module(), [&] { ++ran; });
    EXPECT_EQ(device.destroy_stream(stream), Status::ok);
  }
  EXPECT_EQ(device.synchronize_device(), Status::ok);
  EXPECT_EQ(ran, 200);
}

TEST(SimStream, ThreadsAreNamedForDumps) {
  SimDevice device(observed());
  const StreamId stream = new_stream(device);
  std::string in_kernel, in_host_function;
  device.launch_kernel(stream, device.loaded_module(), [&] { in_kernel = this_thread_name(); });
  device.launch_host_function(
      stream, [](void* name) { *static_cast<std::string*>(name) = this_thread_name(); }, &in_host_function);
  device.synchronize_stream(stream);
  EXPECT_EQ(in_kernel, "kv-stream-1");
  EXPECT_EQ(in_host_function, "kv-hostfunc");
}

}  // namespace
}  // namespace kvtool
