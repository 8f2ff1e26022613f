// take_snapshot: a ProcessDump of a live process, taken from outside. A thread that is blocked is never
// stopped: a stop wakes threads out of epoll_wait and other calls, and the wake-up can undo the very hang
// that is to be shown. One that runs is stopped alone, for some 100 us. Whoever wants one coherent picture
// can have all threads stopped together, for some milliseconds, and is told which calls that woke.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "core/snapshot/process_dump.h"
#include "core/snapshot/target.h"

namespace kvtool::snapshot {

inline constexpr std::size_t kThreadLimit = 8192;

struct SnapshotOptions {
  pid_t pid = 0;
  std::optional<std::string> flight_file = {};
  // May a thread that runs at every look be stopped for a moment? If not, it has no native stack.
  bool may_stop = true;
  // Stop all threads together, for one coherent picture?
  bool freeze = false;
  // Add file and line of native frames, and frames of inlined functions, from debug information.
  bool lines = false;
  // After this long no further stack is read.
  std::chrono::milliseconds budget{4000};
};

// Throws TargetError when there is no such process. Whatever else cannot be had is missing from the dump and
// named in its `lacks`.
ProcessDump take_snapshot(const SnapshotOptions& options);

}  // namespace kvtool::snapshot
