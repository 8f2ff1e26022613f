// Lacks: what a dump does not show and why, one sentence per reason however many threads it concerns.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kvtool::snapshot {

// Why a thread's stack is not all there.
enum class StackLack : std::uint8_t {
  ended,         // the thread has ended and is not reaped yet
  running,       // on a processor at every look
  only_runtime,  // on a processor at every look; the frames are what its language runtime says
  approximate,   // where a runtime's frames belong between the native ones is not certain
  runtime_cut,   // some frames of a language runtime are missing
  lock_owner,    // waits for a lock that does not say who has it
  ran_first,     // the stack is there, but is of a thread that ran a moment before
  woken,         // the stop made its system call return EINTR
  too_slow,      // did not stop in time
  not_frozen,    // did not stop with the others
  traced,        // somebody else traces it, so it could not be stopped
  not_stopped,   // it runs, and stopping it was refused
  moving,        // blocked, but elsewhere at every look
  ended_early,   // the walk stopped below the thread's start
  too_deep,      // more frames or bytes than the limits
  recovered,     // complete, but with a frame pointer found by search
  no_time,       // the budget was spent
  unreadable,    // its system call or its stack could not be read
};

class Lacks {
 public:
  void add(std::string sentence) { sentences_.push_back(std::move(sentence)); }
  void add(StackLack reason, pid_t tid) { threads_[reason].push_back(tid); }

  std::vector<std::string> sentences() const;

 private:
  std::vector<std::string> sentences_;
  std::map<StackLack, std::vector<pid_t>> threads_;
};

}  // namespace kvtool::snapshot
