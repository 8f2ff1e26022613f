// Target: the process that is looked at, as its files under /proc show it. Opens and reads; the parsing is in
// proc_files.h. Holds the task folder open, so all reads are of one process even when its PID is given out
// again.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/snapshot/proc_files.h"
#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

// There is no such process (any more). what() says what was found, what was expected and what to do.
class TargetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Has a thread in that state ended (Z, X)?
bool has_ended(char state);

// What reading a file gave: its text, or why not.
struct FileText {
  int error = 0;
  std::string text;
};

class Target {
 public:
  // `id` may be the ID of any thread of the process. Throws TargetError.
  explicit Target(pid_t id);

  pid_t pid() const { return pid_; }
  // A live thread: the main thread unless that has ended before the others. Process-wide files are read
  // through it, because those of an ended main thread are empty.
  pid_t anchor() const { return anchor_; }
  // No thread of it lives: it waits for its parent to reap it.
  bool zombie() const { return zombie_; }
  // The main thread's, at the time of construction.
  const Stat& stat() const { return stat_; }
  const Status& status() const { return status_; }

  // The process's ID in its own PID namespace.
  pid_t pid_in_namespace() const;

  // Thread IDs in ascending order, at most `limit`.
  std::vector<pid_t> threads(std::size_t limit) const;
  // A file of one thread: "stat", "syscall", "status".
  FileText task_file(pid_t tid, const char* name) const;
  // A file of the whole process: "maps".
  FileText process_file(const char* name) const { return task_file(anchor_, name); }
  // The file that a mapping maps, as the target sees it: through its own root folder, or through the kernel's
  // handle when the file was deleted or replaced. Closed when it cannot be opened or is no regular file.
  UniqueFd open_mapped(const Mapping& mapping) const;

 private:
  // By a path as the target itself would open it.
  UniqueFd open_in_root(const std::string& path) const;

  pid_t pid_;
  pid_t anchor_;
  bool zombie_ = false;
  Stat stat_;
  Status status_;
  UniqueFd task_folder_;
};

// ThreadIds: the target's own numbers for its threads. Locks name their owner by the ID that the target sees,
// which differs from ours when the target lives in a PID namespace (a container).
class ThreadIds {
 public:
  explicit ThreadIds(const Target& target);

  // Our ID of the thread that the target calls `id`, if such a thread lives right now.
  std::optional<pid_t> live(pid_t id);

 private:
  void read_all();
  bool alive(pid_t tid) const;

  const Target& target_;
  bool nested_;
  // By the target's ID; used only when nested.
  std::map<pid_t, pid_t> ours_;
  std::set<pid_t> unknown_;
};

}  // namespace kvtool::snapshot
