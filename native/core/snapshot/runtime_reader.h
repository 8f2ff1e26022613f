// RuntimeReader: what a language runtime in the target knows of its threads, read from its memory while the
// threads stand still. One object per runtime that was found; it serves one snapshot.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/snapshot/deadline.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/unwinder.h"

namespace kvtool::snapshot {

class RuntimeReader {
 public:
  RuntimeReader() = default;
  RuntimeReader(const RuntimeReader&) = delete;
  RuntimeReader& operator=(const RuntimeReader&) = delete;
  virtual ~RuntimeReader() = default;

  // Called before frames are named: puts right a walk that unwind information alone could not do, from
  // where it began.
  virtual void mend(pid_t /*tid*/, const WalkStart& /*start*/, Walk& /*walk*/, const StackCopy& /*stack*/,
                    const Deadline& /*deadline*/) {}
  // Addresses of the pages that reading a thread takes, as far as they change while it runs. Found by reading
  // it now.
  virtual std::vector<std::uint64_t> rehearse(pid_t /*tid*/) { return {}; }
  // Adds to a thread what the runtime knows of it. Its frames are those of `walk`, one for one, unless
  // another reader was here before. The thread is blocked; if it turns out to have moved meanwhile, the
  // result is thrown away and the reader called again.
  virtual void read(ThreadDump& thread, const Walk& walk, const StackCopy& stack) = 0;
  // The same for a thread that was running at every look, and so has no native stack. True when it has frames
  // now.
  virtual bool read_running(ThreadDump& thread) = 0;
  // Called once at the end, for what takes all threads.
  virtual void finish(std::vector<ThreadDump>& threads, Lacks& lacks) = 0;
};

}  // namespace kvtool::snapshot
