#include "core/snapshot/thread_reader.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>
#include <variant>

namespace kvtool::snapshot {
namespace {

// Looks at one thread in a row; the passes of take_snapshot come back to it later.
constexpr int kTries = 3;

}  // namespace

bool ThreadReader::read_basics(ThreadDump& thread) const {
  const auto stat = parse_stat(tools_.target.task_file(thread.tid, "stat").text);
  if (!stat) return false;
  static const auto ticks_per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  thread.name = stat->name;
  thread.state = stat->state;
  thread.cpu_us = stat->cpu_ticks * 1'000'000 / ticks_per_second;
  return true;
}

ThreadOutcome ThreadReader::look(pid_t tid, Syscall& call) const {
  const FileText file = tools_.target.task_file(tid, "syscall");
  switch (file.error) {
    case 0:
      break;
    case EPERM:
    case EACCES:
      return ThreadOutcome::refused;
    case ESRCH:
      return ThreadOutcome::gone;
    default:
      // The folder is there but not the file: a kernel without it.
      return tools_.target.task_file(tid, "stat").error == 0 ? ThreadOutcome::no_stack : ThreadOutcome::gone;
  }
  const auto line = parse_syscall(file.text);
  if (!line) return file.text.empty() ? ThreadOutcome::gone : ThreadOutcome::no_stack;
  if (std::holds_alternative<Running>(*line)) return ThreadOutcome::running;
  call = std::get<Syscall>(*line);
  return ThreadOutcome::done;
}

bool ThreadReader::still_there(pid_t tid, const Syscall& call) const {
  Syscall now;
  return look(tid, now) == ThreadOutcome::done && now == call;
}

ThreadOutcome ThreadReader::read_stack(ThreadDump& thread, const Deadline& deadline, Lacks& lacks) {
  thread.frames.clear();  // of an earlier pass
  thread.holds.clear();
  thread.stack = StackState::none;
  thread.rung.reset();
  thread.accuracy.reset();
  Syscall call;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (const auto outcome = look(thread.tid, call); outcome != ThreadOutcome::done) return outcome;
    // A worker thread of the kernel inside the process (io_uring) has no user stack and no user call.
    if (call.sp == 0) return ThreadOutcome::no_stack;
    const bool copied = stack_.copy(tools_.memory, tools_.map, call.sp);
    if (!still_there(thread.tid, call)) continue;
    if (!copied) {
      thread.syscall = call;
      return ThreadOutcome::no_stack;
    }

    Walk walk;
    const auto blocked_in = call.number >= 0 ? std::optional(call) : std::nullopt;
    ThreadDump found =
        tools_.describer.describe(thread, {.pc = call.pc, .sp = call.sp}, blocked_in, stack_, deadline, walk);
    // All that may have taken long. What was read from the lock counts only if the thread waits for it still.
    if (!still_there(thread.tid, call)) continue;
    thread = std::move(found);
    thread.rung = Rung::no_stop;
    StackDescriber::judge(thread, walk, stack_, deadline, lacks);
    return ThreadOutcome::done;
  }
  // Where it was a moment ago is true, and more than nothing.
  thread.frames.assign(1, tools_.describer.frame(call.pc));
  thread.stack = StackState::partial;
  thread.rung = Rung::no_stop;
  thread.accuracy = Accuracy::exact;
  return ThreadOutcome::moving;
}

StopOutcome ThreadReader::read_stopped(ThreadDump& thread, const Deadline& deadline, Lacks& lacks) {
  std::vector<std::uint64_t> pages;
  for (const auto& runtime : tools_.describer.runtimes()) {
    const auto needed = runtime->rehearse(thread.tid);
    pages.insert(pages.end(), needed.begin(), needed.end());
  }
  const StopOutcome outcome = stop_.stop(thread.tid, pages);
  if (outcome != StopOutcome::stopped) return outcome;

  thread.frames.clear();
  thread.holds.clear();
  thread.paused_us =
      static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(stop_.paused()).count());
  // It runs on: what was copied is what it was.
  for (const auto& page : stop_.pages()) tools_.memory.put(page.start, page.bytes);
  tools_.memory.put(stop_.stack().start(), stop_.stack().bytes());
  tools_.describer.describe(thread, Rung::stopped, stop_.state(), stop_.stack(), deadline, lacks);
  tools_.memory.clear();
  return outcome;
}

void ThreadReader::read_frozen(ThreadDump& thread, const FrozenThread& frozen, const Deadline& deadline,
                               Lacks& lacks) {
  thread.paused_us =
      static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(frozen.paused).count());
  tools_.describer.describe(thread, Rung::frozen, frozen.state, frozen.stack, deadline, lacks);
}

bool ThreadReader::read_running(ThreadDump& thread, const Deadline& deadline) const {
  for (const auto& runtime : tools_.describer.runtimes()) {
    if (deadline.passed() || !runtime->read_running(thread)) continue;
    thread.rung = Rung::no_stop;
    thread.accuracy = Accuracy::approximate;
    return true;
  }
  return false;
}

}  // namespace kvtool::snapshot
