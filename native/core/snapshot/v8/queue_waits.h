// QueueWaits: threads that wait for room in the queue of a thread-safe function of Node-API. Only the
// JavaScript thread that the function belongs to makes room. Its isolate is found through the function's own
// fields: a mutex, a pointer to the condition variable that is waited for, and further on the environment of
// the addon.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/snapshot/memory.h"
#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot::v8 {

struct IsolateThread {
  pid_t tid = 0;
  std::string name;
};

class QueueWaits {
 public:
  // `memory` must outlive this.
  explicit QueueWaits(const Memory& memory) : memory_(memory) {}

  // Notes what such a wait may be for. The thread is blocked.
  void look_at(const ThreadDump& thread);
  // Says so of every wait that is for one of these isolates.
  void resolve(std::vector<ThreadDump>& threads,
               const std::map<std::uint64_t, IsolateThread>& isolates) const;

 private:
  const Memory& memory_;
  std::map<pid_t, std::vector<std::uint64_t>> candidates_;  // perhaps isolates
};

}  // namespace kvtool::snapshot::v8
