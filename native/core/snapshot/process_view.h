// ProcessView: what the readers of stacks and locks ask about a process beside its memory. It lives (Target),
// or it left a core file (CoreFile).
#pragma once

#include <sys/types.h>

#include <optional>

#include "core/snapshot/proc_files.h"
#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

class ProcessView {
 public:
  ProcessView() = default;
  ProcessView(const ProcessView&) = delete;
  ProcessView& operator=(const ProcessView&) = delete;
  virtual ~ProcessView() = default;

  virtual pid_t pid() const = 0;
  // The process's ID in its own PID namespace.
  virtual pid_t pid_in_namespace() const = 0;
  // The file that a mapping maps, as the process sees it. Closed when it cannot be opened or is no regular
  // file.
  virtual UniqueFd open_mapped(const Mapping& mapping) const = 0;
  // Is the thread blocked in that call, still?
  virtual bool is_in(pid_t tid, const Syscall& call) const = 0;
};

// ThreadIds: the process's own numbers for its threads. Locks name their owner by the ID that the process
// sees, which differs from ours when it lives in a PID namespace (a container).
class ThreadIds {
 public:
  ThreadIds() = default;
  ThreadIds(const ThreadIds&) = delete;
  ThreadIds& operator=(const ThreadIds&) = delete;
  virtual ~ThreadIds() = default;

  // Our ID of the thread that the process calls `id`, if such a thread lives.
  virtual std::optional<pid_t> live(pid_t id) = 0;
};

}  // namespace kvtool::snapshot
