#include "core/snapshot/lacks.h"

#include <algorithm>
#include <string_view>

namespace kvtool::snapshot {
namespace {

constexpr std::size_t kNamedThreads = 16;

std::string_view explanation(StackLack reason) {
  switch (reason) {
    case StackLack::ended:
      return "no stack: it has ended";
    case StackLack::ran_first:
      return "was running at the first look, and is shown where it blocked some milliseconds later: it is "
             "not stuck";
    case StackLack::woken:
      return "its system call returned EINTR because of the stop, as epoll_wait, semop and recv with a time "
             "limit "
             "do: what it does after this dump may differ from what it would have done";
    case StackLack::not_frozen:
      return "did not stop with the others within 50 ms, for it is busy inside the kernel: it was read "
             "without a stop";
    case StackLack::too_slow:
      return "no stack: it runs inside the kernel and did not stop within 20 ms";
    case StackLack::traced:
      return "no stack: it runs, and to stop it for a moment it must not be traced by another process "
             "(a debugger)";
    case StackLack::not_stopped:
      return "no stack: it runs, and the kernel refused to let it be stopped for a moment";
    case StackLack::running:
      return "no stack: running on a processor at every look, and only a blocked thread can be read without "
             "stopping "
             "it";
    case StackLack::only_runtime:
      return "approximate, and only the frames that its language runtime keeps: it was running on a "
             "processor "
             "at every look";
    case StackLack::approximate:
      return "where the frames of its language runtime belong between the native ones is not certain, or "
             "they are "
             "of another moment";
    case StackLack::runtime_cut:
      return "some frames of its language runtime are missing: there are more than 1024, it ran on, or "
             "memory is "
             "damaged";
    case StackLack::lock_owner:
      return "waits for a threading.Lock whose owner is not known: CPython keeps none, and no thread is "
             "inside "
             "a `with` of it";
    case StackLack::moving:
      return "only the innermost frame: it moved between the reading and the check at every try";
    case StackLack::ended_early:
      return "stack ends before the thread's start: no unwind information for the caller of its last frame";
    case StackLack::too_deep:
      return "stack is cut: deeper than 256 frames or 1 MiB";
    case StackLack::recovered:
      return "stack was joined with a frame pointer found by search: a frame may be missing";
    case StackLack::no_time:
      return "stack is missing or cut: the time budget was spent";
    case StackLack::unreadable:
      return "no stack: its system call or its memory could not be read";
  }
  return "";
}

// "thread 7", "threads 7, 8 and 9", "threads 1, 2, ... and 40 more".
std::string named(const std::vector<pid_t>& tids) {
  std::string text = tids.size() == 1 ? "thread " : "threads ";
  const std::size_t shown = std::min(tids.size(), kNamedThreads);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == tids.size() ? " and " : ", ";
    text += std::to_string(tids[i]);
  }
  if (shown < tids.size()) text += " and " + std::to_string(tids.size() - shown) + " more";
  return text;
}

}  // namespace

std::vector<std::string> Lacks::sentences() const {
  std::vector<std::string> all = sentences_;
  for (const auto& [reason, tids] : threads_) {
    std::string sentence = named(tids) + ": " + std::string(explanation(reason)) + ".";
    sentence[0] = 'T';
    all.push_back(std::move(sentence));
  }
  return all;
}

}  // namespace kvtool::snapshot
