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
#include "core/snapshot/process_view.h"
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

class Target final : public ProcessView {
 public:
  // `id` may be the ID of any thread of the process. Throws TargetError.
  explicit Target(pid_t id);

  pid_t pid() const override { return pid_; }
  // A live thread: the main thread unless that has ended before the others. Process-wide files are read
  // through it, because those of an ended main thread are empty.
  pid_t anchor() const { return anchor_; }
  // No thread of it lives: it waits for its parent to reap it.
  bool zombie() const { return zombie_; }
  // Its program is a 32-bit one, whose system calls, registers and structures are others.
  bool is_32_bit() const;
  // The main thread's, at the time of construction.
  const Stat& stat() const { return stat_; }
  const Status& status() const { return status_; }

  pid_t pid_in_namespace() const override;

  // Thread IDs in ascending order, at most `limit`.
  std::vector<pid_t> threads(std::size_t limit) const;
  // A file of one thread: "stat", "syscall", "status".
  FileText task_file(pid_t tid, const char* name) const;
  // A file of the whole process: "maps".
  FileText process_file(const char* name) const { return task_file(anchor_, name); }
  // Through the target's own root folder, or through the kernel's handle when the file was deleted or
  // replaced.
  UniqueFd open_mapped(const Mapping& mapping) const override;
  bool is_in(pid_t tid, const Syscall& call) const override;

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

// Of a process that lives right now.
class LiveThreadIds final : public ThreadIds {
 public:
  explicit LiveThreadIds(const Target& target);

  std::optional<pid_t> live(pid_t id) override;

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
