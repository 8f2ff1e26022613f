// Nothing in the simulator polls. The measure is the CPU time of the process over a period in which every
// thread sleeps, so how fast or how loaded the machine is does not matter.
#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
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

double seconds_on(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// CPU time over wall time while the calling thread waits for a condition that does not come.
double cpu_share_of_a_wait() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const double wall = seconds_on(CLOCK_MONOTONIC);
  const double cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
  never.wait_for(lock, std::chrono::milliseconds(400), [] { return false; });
  return (seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (seconds_on(CLOCK_MONOTONIC) - wall);
}

TEST(SimIdleCpu, AnIdleDeviceUsesNone) {
  SimDevice device(observed());
  for (int i = 0; i < 4; ++i) device.launch_kernel(new_stream(device), device.loaded_module(), {});
  device.synchronize_device();
  EXPECT_LT(cpu_share_of_a_wait(), 0.01);
}

TEST(SimIdleCpu, AStuckDeviceUsesNone) {
  SimDevice device(observed());
  const StreamId busy = new_stream(device), other = new_stream(device);
  void* buffer = new_buffer(device, 64, MemoryKind::device);
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  device.launch_host_function(other, Gate::pass, &gate);
  device.settle(1);
  Attempt frees([&] { return device.free(buffer); });
  EXPECT_TRUE(frees.blocks());
  Attempt launches([&] { return device.launch_kernel(other, device.loaded_module(), {}); });
  EXPECT_TRUE(launches.blocks());
  Attempt synchronizes([&] { return device.synchronize_stream(other); });
  EXPECT_TRUE(synchronizes.blocks());
  EXPECT_LT(cpu_share_of_a_wait(), 0.01);
  gate.open();
}

}  // namespace
}  // namespace kvtool
