#include "core/snapshot/v8/queue_waits.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/snapshot/glibc_layout.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::string_view kCall = "napi_call_threadsafe_function";
// Between the thread's stack pointer and the C library's note of what it waits for.
constexpr std::size_t kStackWords = 128;
// Between the mutex and the end of the function's object: a queue, an event handle of libuv, some pointers.
constexpr std::size_t kObjectWords = 96;
// napi_env__: a table of virtual functions, then its isolate.
constexpr std::uint64_t kIsolateInEnvironment = 8;

template <std::size_t count>
std::size_t read_words(const Memory& memory, std::uint64_t at, std::array<std::uint64_t, count>& words) {
  return memory.read(at, std::as_writable_bytes(std::span(words))) / sizeof(std::uint64_t);
}

}  // namespace

void QueueWaits::look_at(const ThreadDump& thread) {
  candidates_.erase(thread.tid);
  if (!thread.wait || thread.wait->kind != WaitKind::condvar || !thread.wait->address || !thread.syscall)
    return;
  if (std::ranges::find(thread.frames, kCall, &Frame::function) == thread.frames.end()) return;
  const std::uint64_t condvar = *thread.wait->address;
  std::array<std::uint64_t, kStackWords> stack;
  const std::size_t stack_words = read_words(memory_, thread.syscall->sp, stack);
  // struct _condvar_cleanup_buffer: the mutex follows the condition variable.
  for (std::size_t i = 0; i + 1 < stack_words; ++i) {
    if (stack[i] != condvar) continue;
    const std::uint64_t mutex = stack[i + 1];
    if (memory_.value<std::uint64_t>(mutex + sizeof(glibc::Mutex)) != condvar) continue;
    std::array<std::uint64_t, kObjectWords> object;
    const std::size_t object_words = read_words(memory_, mutex, object);
    for (std::size_t word = 0; word < object_words; ++word)
      if (const auto isolate = memory_.value<std::uint64_t>(object[word] + kIsolateInEnvironment))
        candidates_[thread.tid].push_back(*isolate);
    return;
  }
}

void QueueWaits::resolve(std::vector<ThreadDump>& threads,
                         const std::map<std::uint64_t, IsolateThread>& isolates) const {
  for (ThreadDump& thread : threads) {
    const auto known = candidates_.find(thread.tid);
    if (known == candidates_.end() || !thread.wait || thread.wait->kind != WaitKind::condvar) continue;
    for (const std::uint64_t candidate : known->second) {
      const auto isolate = isolates.find(candidate);
      if (isolate == isolates.end()) continue;
      thread.wait = ThreadWait{.kind = WaitKind::js_thread,
                               .address = isolate->first,
                               .owner = isolate->second.tid,
                               .owner_dead = false,
                               .name = isolate->second.name};
      break;
    }
  }
}

}  // namespace kvtool::snapshot::v8
