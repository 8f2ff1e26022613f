#include "core/snapshot/v8/queue_waits.h"

#include <gtest/gtest.h>

#include "core/snapshot/fake_memory.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint64_t kStack = 0x7000;
constexpr std::uint64_t kMutex = 0x20000;
constexpr std::uint64_t kCondvar = 0x30000;
constexpr std::uint64_t kEnvironment = 0x40000;
constexpr std::uint64_t kIsolate = 0x50000;

struct Fixture {
  Fixture() {
    for (std::uint64_t at = 0; at < 1024; at += 8) memory.put(kStack + at, std::uint64_t{0});
    memory.put(kStack + 152, kCondvar);
    memory.put(kStack + 160, kMutex);
    for (std::uint64_t at = 0; at < 1024; at += 8) memory.put(kMutex + at, std::uint64_t{0});
    memory.put(kMutex + 40, kCondvar);
    memory.put(kMutex + 240, kEnvironment);
    memory.put(kEnvironment + 8, kIsolate);
    thread.tid = 7;
    thread.wait = ThreadWait{.kind = WaitKind::condvar, .address = kCondvar};
    thread.syscall = Syscall{.number = 202, .sp = kStack};
    thread.frames = {{.function = "uv_cond_wait"}, {.function = "napi_call_threadsafe_function"}};
  }
  ThreadWait resolved() {
    QueueWaits waits(memory);
    waits.look_at(thread);
    std::vector<ThreadDump> threads{thread};
    waits.resolve(threads, {{kIsolate, {.tid = 5, .name = "JS thread"}}});
    return *threads[0].wait;
  }
  FakeMemory memory;
  ThreadDump thread;
};

TEST(QueueWaits, NameTheThreadThatEmptiesTheQueue) {
  const ThreadWait wait = Fixture().resolved();
  EXPECT_EQ(wait.kind, WaitKind::js_thread);
  EXPECT_EQ(wait.address, kIsolate);
  EXPECT_EQ(wait.owner, 5);
  EXPECT_EQ(wait.name, "JS thread");
}

TEST(QueueWaits, OtherWaitsStayWhatTheyAre) {
  Fixture elsewhere;
  elsewhere.thread.frames.pop_back();
  EXPECT_EQ(elsewhere.resolved().kind, WaitKind::condvar) << "not in that function";
  Fixture other_object;
  other_object.memory.put(kMutex + 40, std::uint64_t{0x999});
  EXPECT_EQ(other_object.resolved().kind, WaitKind::condvar) << "the mutex is no thread-safe function's";
  Fixture unknown_isolate;
  unknown_isolate.memory.put(kEnvironment + 8, std::uint64_t{0x60000});
  EXPECT_EQ(unknown_isolate.resolved().kind, WaitKind::condvar);
  Fixture mutex;
  mutex.thread.wait->kind = WaitKind::mutex;
  EXPECT_EQ(mutex.resolved().kind, WaitKind::mutex);
}

}  // namespace
}  // namespace kvtool::snapshot::v8
