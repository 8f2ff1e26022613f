#include "core/snapshot/lock_hint.h"

#include <algorithm>
#include <array>

namespace kvtool::snapshot {
namespace {

// From the system call to the function that the program called: futex_wait, __lll_lock_wait,
// pthread_mutex_lock.
constexpr std::size_t kInnermost = 6;

struct Rule {
  std::string_view prefix;  // of the name without leading underscores
  LockHint hint;
};

// glibc 2.34 and later have these in libc.so, ___pthread_mutex_lock being the local name of the exported one;
// a suffix such as `64` or `.constprop.0` may follow.
constexpr std::array kRules{
    Rule{"pthread_mutex_lock", LockHint::mutex},
    Rule{"pthread_mutex_timedlock", LockHint::mutex},
    Rule{"pthread_mutex_clocklock", LockHint::mutex},
    Rule{"pthread_mutex_cond_lock", LockHint::mutex},
    Rule{"lll_lock_wait_private", LockHint::low_level},
    Rule{"pthread_rwlock_rdlock", LockHint::rwlock_read},
    Rule{"pthread_rwlock_timedrdlock", LockHint::rwlock_read},
    Rule{"pthread_rwlock_clockrdlock", LockHint::rwlock_read},
    Rule{"pthread_rwlock_wrlock", LockHint::rwlock_write},
    Rule{"pthread_rwlock_timedwrlock", LockHint::rwlock_write},
    Rule{"pthread_rwlock_clockwrlock", LockHint::rwlock_write},
    Rule{"pthread_cond_wait", LockHint::condvar},
    Rule{"pthread_cond_timedwait", LockHint::condvar},
    Rule{"pthread_cond_clockwait", LockHint::condvar},
    Rule{"pthread_join", LockHint::join},
    Rule{"pthread_timedjoin_np", LockHint::join},
    Rule{"pthread_clockjoin", LockHint::join},
    Rule{"sem_wait", LockHint::semaphore},
    Rule{"sem_timedwait", LockHint::semaphore},
    Rule{"sem_clockwait", LockHint::semaphore},
    Rule{"new_sem_wait", LockHint::semaphore},
};

}  // namespace

LockHint lock_hint(std::string_view function) {
  function.remove_prefix(std::min(function.find_first_not_of('_'), function.size()));
  for (const Rule& rule : kRules)
    if (function.starts_with(rule.prefix)) return rule.hint;
  return LockHint::none;
}

LockHint lock_hint(std::span<const Frame> frames) {
  for (const Frame& frame : frames.first(std::min(frames.size(), kInnermost)))
    if (const LockHint hint = lock_hint(frame.function); hint != LockHint::none) return hint;
  return LockHint::none;
}

}  // namespace kvtool::snapshot
