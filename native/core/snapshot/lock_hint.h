// LockHint: what the names of the innermost frames say about a wait. Only a tie-breaker: the arguments of the
// futex call and the lock's own memory come first, for names may be stripped, and a thread in
// pthread_cond_wait may well be waiting for the mutex that it has to take again.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

enum class LockHint : std::uint8_t {
  none,
  mutex,
  low_level,  // a bare lock word inside the C library (malloc, stdio): nobody records its owner
  rwlock_read,
  rwlock_write,
  condvar,
  join,
  semaphore,
};

LockHint lock_hint(std::string_view function);
// The hint of the innermost frame that gives one.
LockHint lock_hint(std::span<const Frame> frames);

}  // namespace kvtool::snapshot
