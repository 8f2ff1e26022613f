#include "core/snapshot/v8/thread_pointers.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <latch>
#include <sstream>
#include <thread>

#include "core/snapshot/glibc_layout.h"

namespace kvtool::snapshot::v8 {
namespace {

// This process looks at itself.
AddressMap own_map() {
  std::ifstream file("/proc/self/maps");
  std::stringstream text;
  text << file.rdbuf();
  return AddressMap(parse_maps(text.str()));
}

std::uint64_t own_thread_pointer() { return reinterpret_cast<std::uint64_t>(__builtin_thread_pointer()); }

TEST(ThreadPointers, AreFoundByTheStackAndByEachOther) {
  if (!glibc::kKnowsThread) GTEST_SKIP() << "the C library's structures are not known for this machine";
  struct Thread {
    pid_t tid = 0;
    std::uint64_t pointer = 0;
    std::uint64_t sp = 0;
  };
  std::array<Thread, 3> threads;
  std::latch started(3);
  std::latch done(1);
  std::vector<std::jthread> running;
  for (Thread& thread : threads) {
    running.emplace_back([&] {
      thread = {.tid = static_cast<pid_t>(syscall(SYS_gettid)),
                .pointer = own_thread_pointer(),
                .sp = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0))};
      started.count_down();
      done.wait();
    });
  }
  started.wait();

  const AddressMap map = own_map();
  const ProcessMemory memory(getpid());
  ThreadPointers pointers(
      memory, map, [](pid_t id) { return std::optional(id); }, getpid());
  EXPECT_EQ(pointers.find(threads[0].tid), std::nullopt) << "nothing leads to it yet";
  EXPECT_EQ(pointers.find(threads[1].tid, threads[1].sp), threads[1].pointer);
  EXPECT_EQ(pointers.find(threads[2].tid, 0), std::nullopt) << "no stack at that address";

  ThreadPointers others(
      memory, map, [](pid_t id) { return std::optional(id); }, getpid());
  EXPECT_EQ(others.find(threads[1].tid, threads[1].sp), threads[1].pointer);
  EXPECT_EQ(others.find(threads[0].tid), threads[0].pointer) << "through the C library's list";
  EXPECT_EQ(others.find(threads[2].tid), threads[2].pointer);
  EXPECT_EQ(others.find(getpid()), own_thread_pointer());
  EXPECT_EQ(others.find(1 << 22), std::nullopt);

  ThreadPointers nobody_lives(
      memory, map, [](pid_t) { return std::optional<pid_t>(); }, getpid());
  EXPECT_EQ(nobody_lives.find(threads[1].tid, threads[1].sp), std::nullopt);
  done.count_down();
}

}  // namespace
}  // namespace kvtool::snapshot::v8
