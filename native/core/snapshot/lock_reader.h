// LockReader: what a thread blocked in a futex call waits for, and who has it, read from the lock's memory.
// Needs neither symbols nor a stop.
//
// Order of evidence: the futex operation and value, then whether the owner field names a thread that lives,
// then the names on the stack. An owner is reported only when a second reading gives the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "core/snapshot/glibc_layout.h"
#include "core/snapshot/lock_hint.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// The arguments of futex(2) that describe a wait.
struct FutexCall {
  explicit FutexCall(const Syscall& call);

  std::uint64_t address;
  int command;  // FUTEX_WAIT, FUTEX_WAIT_BITSET, ...
  bool shared;  // between processes
  std::uint32_t value;
  std::uint64_t sp;
};

class LockReader {
 public:
  // Our ID of the thread that the target calls by this ID, if it lives.
  using LiveThread = std::function<std::optional<pid_t>(pid_t id)>;

  LockReader(const Memory& memory, LiveThread live) : memory_(memory), live_(std::move(live)) {}

  ThreadWait read(const FutexCall& call, LockHint hint) const;

 private:
  ThreadWait read_once(const FutexCall& call, LockHint hint) const;
  // By futex operation.
  ThreadWait read_priority_inheritance(const FutexCall& call) const;
  ThreadWait read_plain_wait(const FutexCall& call, LockHint hint) const;
  ThreadWait read_bitset_wait(const FutexCall& call, LockHint hint) const;
  // By kind of lock: nullopt when the memory does not look like one.
  std::optional<ThreadWait> read_robust_mutex(const FutexCall& call) const;
  std::optional<ThreadWait> read_mutex(const FutexCall& call, bool certain) const;
  std::optional<ThreadWait> read_stdio_lock(const FutexCall& call) const;
  std::optional<ThreadWait> read_join(const FutexCall& call, LockHint hint) const;
  std::optional<ThreadWait> read_condvar(const FutexCall& call) const;
  std::optional<ThreadWait> read_rwlock(const FutexCall& call) const;
  std::optional<ThreadWait> read_rwlock_by_name(const FutexCall& call, LockHint hint) const;
  std::optional<ThreadWait> read_semaphore(const FutexCall& call) const;

  void set_owner(ThreadWait& wait, std::int32_t id, bool shared) const;
  // The address of the struct pthread whose TID field is at `tid_address`.
  std::optional<std::uint64_t> thread_of(std::uint64_t tid_address) const;

  const Memory& memory_;
  LiveThread live_;
};

}  // namespace kvtool::snapshot
