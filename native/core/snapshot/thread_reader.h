// ThreadReader: everything about one thread. A blocked thread does not move, so its stack can be copied in
// peace without stopping it; the proof is its line in /proc/PID/task/TID/syscall, which must read the same
// before the copy, after it, and once more after its lock was read. One that runs has to be stopped for a
// moment.
#pragma once

#include <cstdint>

#include "core/snapshot/address_map.h"
#include "core/snapshot/deadline.h"
#include "core/snapshot/freeze.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/overlay_memory.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/single_stop.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/stack_describer.h"
#include "core/snapshot/target.h"

namespace kvtool::snapshot {

enum class ThreadOutcome : std::uint8_t {
  done,
  gone,      // it ended meanwhile
  running,   // on a processor; a later look may find it blocked
  moving,    // blocked, but not in one place long enough; a later look may have more luck
  refused,   // no permission
  no_stack,  // nothing to copy, or this kernel does not say where it is (some sandboxes)
};

// The tools that one snapshot shares between threads.
struct ThreadTools {
  const Target& target;
  const AddressMap& map;
  OverlayMemory& memory;
  StackDescriber& describer;
};

class ThreadReader {
 public:
  // `memory`: the target's as it is now, under that of the tools.
  ThreadReader(const ThreadTools& tools, const Memory& memory)
      : tools_(tools), stop_(tools.target, tools.map, memory) {}

  // Name, state and CPU time, which need no permission. False when the thread is gone.
  bool read_basics(ThreadDump& thread) const;
  // System call, stack and lock. Fills `thread` as far as it came; `lacks` is told what a stack that is there
  // lacks.
  ThreadOutcome read_stack(ThreadDump& thread, const Deadline& deadline, Lacks& lacks);
  // Stops a thread that runs, alone and for some 100 us, and reads it after it goes on.
  StopOutcome read_stopped(ThreadDump& thread, const Deadline& deadline, Lacks& lacks);
  // One that was stopped with all others, whose memory the tools have.
  void read_frozen(ThreadDump& thread, const FrozenThread& frozen, const Deadline& deadline, Lacks& lacks);
  // What can be told of a thread that was running at every look. False when that is nothing.
  bool read_running(ThreadDump& thread, const Deadline& deadline) const;

 private:
  ThreadOutcome look(pid_t tid, Syscall& call) const;
  bool still_there(pid_t tid, const Syscall& call) const;

  ThreadTools tools_;
  StackCopy stack_;
  SingleStop stop_;
};

}  // namespace kvtool::snapshot
