// StackPasses: reads all threads, coming back to those that ran or moved, and at the end stops those that
// still run, each alone.
#pragma once

#include <cstddef>
#include <vector>

#include "core/snapshot/deadline.h"
#include "core/snapshot/freeze.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/thread_reader.h"

namespace kvtool::snapshot {

struct PassOptions {
  // May a thread that runs at every look be stopped for a moment?
  bool may_stop = true;
  // What was copied while all threads stood still; null when they did not.
  const Freeze* freeze = nullptr;
};

class StackPasses {
 public:
  // All must outlive this.
  StackPasses(ThreadReader& reader, PassOptions options, const Deadline& deadline, Lacks& lacks)
      : reader_(reader), options_(options), deadline_(deadline), lacks_(lacks) {}

  // Takes out the threads that ended meanwhile. False when the kernel refuses to let us read them: then it
  // refuses for all of them.
  bool run(std::vector<ThreadDump>& threads);

 private:
  struct Pending {
    std::size_t index;
    StackLack why = StackLack::running;  // at the last look
    bool ran = false;                    // at any look
  };

  bool look_at(std::vector<ThreadDump>& threads, std::vector<Pending>& pending);
  // False when the thread did not stand still with the others.
  bool read_frozen(ThreadDump& thread);
  // Stops a thread that runs. False when it blocked just now, so that a look may do.
  bool stop(ThreadDump& thread);
  void give_up(ThreadDump& thread, const Pending& left);

  ThreadReader& reader_;
  PassOptions options_;
  const Deadline& deadline_;
  Lacks& lacks_;
};

}  // namespace kvtool::snapshot
