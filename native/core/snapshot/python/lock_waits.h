// LockWaits: which Python lock a blocked thread waits for, and who has it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/snapshot/process_dump.h"
#include "core/snapshot/python/interpreters.h"
#include "core/snapshot/python/locks.h"

namespace kvtool::snapshot::python {

using SightingsByThread = std::map<pid_t, LockSightings>;

class LockWaits {
 public:
  // All must outlive it.
  LockWaits(const Objects& objects, const Interpreters& interpreters, const SightingsByThread& sightings);

  // What a thread blocked in futex(address) waits for, when that is one of Python's locks or another thread's
  // end.
  std::optional<ThreadWait> wait_on(std::uint64_t futex) const;
  // The one thread that is inside a `with` of this lock; nullopt when it is not held, or not known by whom.
  std::optional<pid_t> owner_inside(const LockObject& lock) const;
  // Of all locks that some frame shows, those whose owner is known, by owner.
  std::map<pid_t, std::vector<HeldLock>> held() const;

 private:
  std::optional<ThreadWait> wait_for_lock(const LockObject& lock) const;
  std::optional<ThreadWait> wait_in_parking_lot(std::uint64_t parked) const;
  const PythonThread* thread_of(std::uint64_t ident) const;

  const Objects& objects_;
  std::unordered_map<std::uint64_t, LockObject> by_word_;
  std::unordered_map<std::uint64_t, const PythonThread*> by_exit_word_;
  std::unordered_map<std::uint64_t, const PythonThread*> by_ident_;
  std::unordered_map<std::uint64_t, std::set<pid_t>> inside_;  // by lock
};

}  // namespace kvtool::snapshot::python
