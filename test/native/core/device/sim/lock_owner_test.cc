// What a process outside can read: the owners of the driver's locks, in glibc's layout.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

#if defined(__GLIBC__) && __SIZEOF_POINTER__ == 8

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_module;
using sim::test::new_stream;
using sim::test::observed;

constexpr std::size_t kMutexOwner = 8;     // __data.__owner
constexpr std::size_t kRwLockWriter = 24;  // __data.__cur_writer

std::int32_t tid_at(const void* lock, std::size_t offset) {
  std::int32_t tid = 0;
  std::memcpy(&tid, static_cast<const char*>(lock) + offset, sizeof tid);
  return tid;
}

TEST(SimLockOwner, BothLocksNameTheThreadThatLoadsAModule) {
  SimDevice device(observed());
  const StreamId busy = new_stream(device), other = new_stream(device);
  const ModuleId cold = new_module(device);
  Gate gate{device};
  std::atomic<std::int32_t> loader_tid{0};  // atomic only because two threads use it; blocks() orders them
  device.launch_host_function(busy, Gate::pass, &gate);
  Attempt loader([&] {
    loader_tid = static_cast<std::int32_t>(syscall(SYS_gettid));
    return device.launch_kernel(other, cold, {});
  });
  EXPECT_TRUE(loader.blocks());
  EXPECT_EQ(tid_at(device.launch_lock(), kRwLockWriter), loader_tid);
  EXPECT_EQ(tid_at(device.context_lock(), kMutexOwner), loader_tid);
  gate.open();
  EXPECT_EQ(loader.result(), Status::ok);
  EXPECT_EQ(tid_at(device.launch_lock(), kRwLockWriter), 0);
  EXPECT_EQ(tid_at(device.context_lock(), kMutexOwner), 0);
}

#endif

}  // namespace
}  // namespace kvtool
