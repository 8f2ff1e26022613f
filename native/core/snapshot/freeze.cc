#include "core/snapshot/freeze.h"

#include <sched.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>
#include <variant>

#include "core/snapshot/single_stop.h"

namespace kvtool::snapshot {
namespace {

using Clock = std::chrono::steady_clock;

// A thread that has not stopped after this long is busy in the kernel; the others should not stand still for
// it.
constexpr std::chrono::milliseconds kStopLimit{50};
// Of all stacks together: a process with 4,000 threads must not take our memory.
constexpr std::size_t kAllStacksLimit = std::size_t{512} << 20;
constexpr std::size_t kRunningStackBytes = std::size_t{256} << 10;
constexpr std::size_t kCrowdedStackBytes = std::size_t{32} << 10;
// Threads may start others until the last of them has stopped.
constexpr int kRounds = 16;
// On both sides of a futex: all of a lock, and of CPython's GIL.
constexpr std::uint64_t kAroundLock = 128;

}  // namespace

bool Freeze::run(std::size_t thread_limit, const PagesOf& pages_of) {
  for (const pid_t tid : target_.threads(thread_limit)) look_before(tid, pages_of);
  bool allowed = false;
  on_tracer_thread([&] { allowed = stop_copy_and_release(thread_limit); });
  return allowed;
}

void Freeze::look_before(pid_t tid, const PagesOf& pages_of) {
  FrozenThread& thread = threads_[tid];
  const std::size_t limit = copied_ < kAllStacksLimit ? kStackLimit : kCrowdedStackBytes;
  const auto line = parse_syscall(target_.task_file(tid, "syscall").text);
  if (const Syscall* call = line ? std::get_if<Syscall>(&*line) : nullptr; call != nullptr && call->sp != 0) {
    thread.stack.copy(memory_, map_, call->sp, limit);
    thread.seen_in = *call;
    // Room for what the stop may have to copy.
    if (call->number == SYS_futex) locks_[call->args[0] - kAroundLock].bytes.resize(2 * kAroundLock);
  } else {
    thread.stack.prepare(std::min(limit, kRunningStackBytes));
    auto pages = pages_of(tid);
    if (pages.size() > SingleStop::kPageLimit) pages.resize(SingleStop::kPageLimit);
    for (const std::uint64_t page : pages)
      pages_.push_back({.start = page, .bytes = std::vector<std::byte>(SingleStop::kPageBytes)});
  }
  copied_ += thread.stack.room();
}

bool Freeze::seize_all(std::size_t thread_limit, std::vector<Tracee>& tracees, std::set<pid_t>& known) {
  bool allowed = true;
  for (const pid_t tid : target_.threads(thread_limit)) {
    if (!known.insert(tid).second) continue;
    Tracee tracee(tid);
    if (tracee.state() == Tracee::State::seized) tracees.push_back(std::move(tracee));
    if (tracee.state() == Tracee::State::refused && tracee.error() == EPERM && tracees.empty())
      allowed = false;
  }
  return allowed || !tracees.empty();
}

bool Freeze::stop_copy_and_release(std::size_t thread_limit) {
  std::vector<Tracee> tracees;
  std::set<pid_t> known;
  tracees.reserve(threads_.size() + 64);
  if (!seize_all(thread_limit, tracees, known)) return false;

  std::size_t stopped = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = stopped; i < tracees.size(); ++i) tracees[i].interrupt();
    await_all(tracees, stopped);
    stopped = tracees.size();
    seize_all(thread_limit, tracees, known);
    if (tracees.size() == stopped) break;
  }
  for (const Tracee& tracee : tracees)
    if (tracee.state() == Tracee::State::stopped) copy(tracee);
  for (Piece& page : pages_) page.used = memory_.read(page.start, page.bytes);
  for (Tracee& tracee : tracees) {
    if (tracee.state() != Tracee::State::stopped) continue;
    const auto paused = tracee.release();
    threads_[tracee.tid()].paused = paused;
  }
  return true;
}

void Freeze::await_all(std::vector<Tracee>& tracees, std::size_t from) {
  const auto begin = Clock::now();
  for (std::size_t i = from; i < tracees.size(); ++i) {
    while (tracees[i].poll() == Tracee::State::asked && Clock::now() - begin < kStopLimit) sched_yield();
  }
}

void Freeze::copy(const Tracee& tracee) {
  FrozenThread& thread = threads_[tracee.tid()];
  const auto state = tracee.read_registers();
  if (!state) return;
  thread.stopped = true;
  thread.state = *state;
  const Registers& now = state->registers;
  if (state->blocked_in && state->blocked_in->number == SYS_futex) copy_lock(state->blocked_in->args[0]);
  const bool stayed = thread.seen_in && state->blocked_in && now.sp == thread.seen_in->sp &&
                      now.pc == thread.seen_in->pc && thread.stack.end() > thread.stack.start();
  if (!stayed) thread.stack.copy(memory_, map_, now.sp, kRunningStackBytes);
}

void Freeze::copy_lock(std::uint64_t address) {
  Piece& piece = locks_[address - kAroundLock];
  if (piece.used > 0) return;  // of another thread that waits for it
  piece.start = address - kAroundLock;
  piece.bytes.resize(2 * kAroundLock);
  piece.used = memory_.read(piece.start, piece.bytes);
}

void Freeze::lay_over(OverlayMemory& memory) const {
  for (const auto& [address, piece] : locks_) memory.put(address, std::span(piece.bytes).first(piece.used));
  for (const Piece& page : pages_) memory.put(page.start, std::span(page.bytes).first(page.used));
  for (const auto& [tid, thread] : threads_)
    if (thread.stopped) memory.put(thread.stack.start(), thread.stack.bytes());
}

}  // namespace kvtool::snapshot
