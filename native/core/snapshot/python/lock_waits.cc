#include "core/snapshot/python/lock_waits.h"

#include <algorithm>

namespace kvtool::snapshot::python {
namespace {

constexpr int kFirstParkingLot = 13;

// struct wait_entry of Python/parking_lot.c, on the waiter's own stack: what it waits for, then the semaphore
// that it sleeps on.
constexpr std::uint64_t kParkedBeforeSemaphore = 8;

// ThreadHandle of Modules/_threadmodule.c, which join() waits in.
constexpr std::uint64_t kHandleIdent = 32;
constexpr std::uint64_t kHandleThread = 40;
constexpr std::uint64_t kHandleExiting = 57;

// _PyRecursiveMutex: the import lock, and RLock from 3.14 on.
constexpr std::uint64_t kMutexOwner = 8;
constexpr std::uint64_t kLockWord = 16;

}  // namespace

LockWaits::LockWaits(const Objects& objects, const Interpreters& interpreters,
                     const SightingsByThread& sightings)
    : objects_(objects) {
  for (const auto& [tid, of_thread] : sightings) {
    for (const LockObject& lock : of_thread.seen) by_word_.emplace(lock.word, lock);
    for (const std::uint64_t lock : of_thread.inside) inside_[lock].insert(tid);
  }
  for (const PythonThread& thread : interpreters.threads) {
    if (const auto lock = lock_at(objects, thread.exit_lock)) by_exit_word_.emplace(lock->word, &thread);
    // The ident of a thread that ended is given out again: of two with one ident, the one that lives.
    const PythonThread*& known = by_ident_[thread.ident];
    if (known == nullptr || (thread.tid && !known->tid)) known = &thread;
  }
}

std::optional<ThreadWait> LockWaits::wait_on(std::uint64_t futex) const {
  if (const auto ending = by_exit_word_.find(futex); ending != by_exit_word_.end()) {
    ThreadWait wait{.kind = WaitKind::join, .address = ending->second->ident};
    wait.owner = ending->second->tid;
    return wait;
  }
  if (const auto lock = by_word_.find(futex); lock != by_word_.end()) return wait_for_lock(lock->second);
  if (objects_.layout().minor < kFirstParkingLot) return std::nullopt;
  const auto parked = objects_.word(futex - kParkedBeforeSemaphore);
  return parked ? wait_in_parking_lot(*parked) : std::nullopt;
}

std::optional<ThreadWait> LockWaits::wait_for_lock(const LockObject& lock) const {
  ThreadWait wait{.kind = lock.recursive ? WaitKind::python_rlock : WaitKind::python_lock,
                  .address = lock.address};
  wait.owner = owner_inside(lock);
  if (const std::uint64_t owner = owner_ident(objects_, lock); owner != 0) {
    const PythonThread* thread = thread_of(owner);
    if (thread != nullptr) wait.owner = thread->tid;
    wait.owner_dead = !wait.owner;
  }
  return wait;
}

std::optional<ThreadWait> LockWaits::wait_in_parking_lot(std::uint64_t parked) const {
  if (const auto lock = by_word_.find(parked); lock != by_word_.end()) return wait_for_lock(lock->second);
  // Not in any frame's variables: acquired by C code.
  if (const auto lock = lock_at(objects_, parked - kLockWord); lock && lock->word == parked)
    return wait_for_lock(*lock);

  const std::uint64_t handle = parked - kHandleExiting;
  const auto ident = objects_.word(handle + kHandleIdent);
  if (ident && objects_.word(handle + kHandleThread) == ident)
    if (const PythonThread* ending = thread_of(*ident))
      return ThreadWait{.kind = WaitKind::join, .address = *ident, .owner = ending->tid};

  const auto owner = objects_.word(parked + kMutexOwner);
  const PythonThread* thread = owner ? thread_of(*owner) : nullptr;
  if (thread == nullptr) return std::nullopt;
  return ThreadWait{.kind = WaitKind::python_rlock, .address = parked, .owner = thread->tid};
}

std::optional<pid_t> LockWaits::owner_inside(const LockObject& lock) const {
  const auto inside = inside_.find(lock.address);
  // Two can be inside when the lock is released by hand within its `with`.
  if (inside == inside_.end() || inside->second.size() != 1 || !is_held(objects_, lock)) return std::nullopt;
  return *inside->second.begin();
}

std::map<pid_t, std::vector<HeldLock>> LockWaits::held() const {
  std::map<pid_t, std::vector<HeldLock>> held;
  for (const auto& [word, lock] : by_word_) {
    if (lock.recursive) {
      const PythonThread* owner = thread_of(owner_ident(objects_, lock));
      if (owner != nullptr && owner->tid)
        held[*owner->tid].push_back({.kind = "python-rlock", .address = lock.address});
    } else if (const auto owner = owner_inside(lock)) {
      held[*owner].push_back({.kind = "python-lock", .address = lock.address});
    }
  }
  for (auto& [tid, locks] : held) std::ranges::sort(locks, {}, &HeldLock::address);
  return held;
}

const PythonThread* LockWaits::thread_of(std::uint64_t ident) const {
  const auto known = by_ident_.find(ident);
  return ident == 0 || known == by_ident_.end() ? nullptr : known->second;
}

}  // namespace kvtool::snapshot::python
