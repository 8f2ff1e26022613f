#include "core/snapshot/stack_passes.h"

#include <chrono>
#include <thread>
#include <utility>

namespace kvtool::snapshot {
namespace {

// A thread that waits for CPython's GIL wakes every 5 ms for some 10 us, and one that runs may block soon:
// come back to it a few times.
constexpr int kPasses = 5;
constexpr std::chrono::milliseconds kBetweenPasses{1};

}  // namespace

bool StackPasses::run(std::vector<ThreadDump>& threads) {
  std::vector<Pending> pending;
  for (std::size_t i = 0; i < threads.size(); ++i) pending.push_back({.index = i});
  for (int pass = 0; pass < kPasses && !pending.empty(); ++pass) {
    if (pass > 0) std::this_thread::sleep_for(kBetweenPasses);
    if (!look_at(threads, pending)) return false;
  }
  for (const Pending& left : pending) give_up(threads[left.index], left);
  std::erase_if(threads, [](const ThreadDump& thread) { return thread.tid == 0; });
  return true;
}

bool StackPasses::look_at(std::vector<ThreadDump>& threads, std::vector<Pending>& pending) {
  std::vector<Pending> again;
  for (const Pending& item : pending) {
    ThreadDump& thread = threads[item.index];
    if (!reader_.read_basics(thread)) {
      thread.tid = 0;  // gone; taken out at the end, for the indices of the others must stay
      continue;
    }
    if (deadline_.passed()) {
      lacks_.add(StackLack::no_time, thread.tid);
      continue;
    }
    if (has_ended(thread.state)) {
      lacks_.add(StackLack::ended, thread.tid);
      continue;
    }
    if (options_.freeze != nullptr && read_frozen(thread)) continue;
    switch (reader_.read_stack(thread, deadline_, lacks_)) {
      case ThreadOutcome::done:
        if (options_.freeze != nullptr) lacks_.add(StackLack::not_frozen, thread.tid);
        // Who waits for a GIL wakes up every few milliseconds to ask for it again.
        if (item.ran && !(thread.wait && thread.wait->kind == WaitKind::gil))
          lacks_.add(StackLack::ran_first, thread.tid);
        break;
      case ThreadOutcome::gone:
        thread.tid = 0;
        break;
      case ThreadOutcome::running:
        again.push_back({.index = item.index, .why = StackLack::running, .ran = true});
        break;
      case ThreadOutcome::moving:
        again.push_back({.index = item.index, .why = StackLack::moving, .ran = item.ran});
        break;
      case ThreadOutcome::no_stack:
        lacks_.add(StackLack::unreadable, thread.tid);
        break;
      case ThreadOutcome::refused:
        return false;
    }
  }
  pending = std::move(again);
  return true;
}

bool StackPasses::read_frozen(ThreadDump& thread) {
  const auto found = options_.freeze->threads().find(thread.tid);
  if (found == options_.freeze->threads().end() || !found->second.stopped) return false;
  reader_.read_frozen(thread, found->second, deadline_, lacks_);
  return true;
}

void StackPasses::give_up(ThreadDump& thread, const Pending& left) {
  if (left.why == StackLack::running && options_.may_stop && options_.freeze == nullptr &&
      !deadline_.passed() && stop(thread))
    return;
  const bool has_frames = left.why == StackLack::running && reader_.read_running(thread, deadline_);
  lacks_.add(has_frames ? StackLack::only_runtime : left.why, thread.tid);
}

bool StackPasses::stop(ThreadDump& thread) {
  // It goes to and fro between running and waiting: one of the two ways has to meet it.
  for (int attempt = 0; attempt < kPasses; ++attempt) {
    StackLack lack = StackLack::not_stopped;
    switch (reader_.read_stopped(thread, deadline_, lacks_)) {
      case StopOutcome::stopped:
        return true;
      case StopOutcome::gone:
        thread.tid = 0;
        return true;
      case StopOutcome::blocked:
        if (reader_.read_stack(thread, deadline_, lacks_) == ThreadOutcome::done) return true;
        continue;
      case StopOutcome::too_slow:
        lack = StackLack::too_slow;
        break;
      case StopOutcome::traced:
        lack = StackLack::traced;
        break;
      case StopOutcome::refused:
      case StopOutcome::foreign:
        break;
    }
    if (reader_.read_running(thread, deadline_)) lack = StackLack::only_runtime;
    lacks_.add(lack, thread.tid);
    return true;
  }
  return false;
}

}  // namespace kvtool::snapshot
