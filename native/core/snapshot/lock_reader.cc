#include "core/snapshot/lock_reader.h"

#include <linux/futex.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

namespace kvtool::snapshot {
namespace {

constexpr int kReadings = 3;
// The waiter's cleanup buffer lies 100 to 200 bytes above its stack pointer, by glibc version and options.
constexpr std::size_t kCondvarSearchBytes = 1024;

bool same(const ThreadWait& a, const ThreadWait& b) {
  return a.kind == b.kind && a.address == b.address && a.owner == b.owner && a.owner_dead == b.owner_dead &&
         a.mutex == b.mutex && a.mutex_owner == b.mutex_owner;
}

ThreadWait lock(WaitKind kind, std::uint64_t address) { return {.kind = kind, .address = address}; }

bool is_mutex_kind(std::int32_t kind) {
  return (kind & ~glibc::kMutexAllBits) == 0 && (kind & glibc::kMutexTypeMask) <= glibc::kMutexTypes;
}

// pthread_rwlock_t is aligned to 8, so the address of a futex word in it tells which one it is.
bool is_writers_futex(const FutexCall& call) { return call.address % 8 == 4; }

std::uint64_t rwlock_address(const FutexCall& call) {
  return call.address - (is_writers_futex(call) ? offsetof(glibc::Rwlock, writers_futex)
                                                : offsetof(glibc::Rwlock, write_phase_futex));
}

// What a thread in that call waits for, if the memory is that of a rwlock in a state in which it would.
std::optional<WaitKind> rwlock_wait(const glibc::Rwlock& rwlock, const FutexCall& call) {
  constexpr std::uint32_t kTaken = 1 | glibc::kRwlockFutexUsed;
  constexpr std::uint32_t kFree = glibc::kRwlockFutexUsed;
  const bool write_locked = (rwlock.readers & glibc::kRwlockWriteLocked) != 0;
  const bool write_phase = (rwlock.readers & glibc::kRwlockWritePhase) != 0;
  const bool readers = (rwlock.readers >> glibc::kRwlockReaderShift) > 0;
  const std::uint32_t word = is_writers_futex(call) ? rwlock.writers_futex : rwlock.write_phase_futex;
  if (word != call.value) return std::nullopt;
  if (is_writers_futex(call))  // a writer behind another writer
    return word == kTaken && write_locked ? std::optional(WaitKind::rwlock_write) : std::nullopt;
  if (word == kTaken && write_phase && readers) return WaitKind::rwlock_read;
  if (word == kFree && write_locked && readers) return WaitKind::rwlock_write;  // a writer behind readers
  return std::nullopt;
}

}  // namespace

FutexCall::FutexCall(const Syscall& call)
    : address(call.args[0]),
      command(static_cast<int>(call.args[1]) & FUTEX_CMD_MASK),
      shared((call.args[1] & FUTEX_PRIVATE_FLAG) == 0),
      value(static_cast<std::uint32_t>(call.args[2])),
      sp(call.sp) {}

ThreadWait LockReader::read(const FutexCall& call, LockHint hint) const {
  ThreadWait first = read_once(call, hint);
  for (int reading = 1; reading < kReadings; ++reading) {
    ThreadWait again = read_once(call, hint);
    if (same(first, again)) return again;
    first = std::move(again);
  }
  // It changes hands faster than we read: whoever we name would be wrong.
  first.owner.reset();
  first.mutex_owner.reset();
  first.owner_dead = false;
  return first;
}

ThreadWait LockReader::read_once(const FutexCall& call, LockHint hint) const {
  switch (call.command) {
    case FUTEX_LOCK_PI:
#ifdef FUTEX_LOCK_PI2
    case FUTEX_LOCK_PI2:
#endif
      return read_priority_inheritance(call);
    case FUTEX_WAIT:
      return read_plain_wait(call, hint);
    case FUTEX_WAIT_BITSET:
      return read_bitset_wait(call, hint);
    default:
      return lock(WaitKind::futex, call.address);
  }
}

ThreadWait LockReader::read_priority_inheritance(const FutexCall& call) const {
  ThreadWait wait = lock(WaitKind::mutex, call.address);
  if (const auto word = memory_.value<std::uint32_t>(call.address))
    set_owner(wait, static_cast<std::int32_t>(*word & glibc::kFutexTid), call.shared);
  return wait;
}

// FUTEX_WAIT: the mutexes and stdio. Everything in glibc that can time out or be cancelled uses
// FUTEX_WAIT_BITSET.
ThreadWait LockReader::read_plain_wait(const FutexCall& call, LockHint hint) const {
  if (const auto robust = read_robust_mutex(call)) return *robust;
  if (call.value == glibc::kHeldAndWaitedFor) {
    if (const auto stdio = read_stdio_lock(call)) return *stdio;
    if (hint == LockHint::low_level) return lock(WaitKind::mutex, call.address);
    if (const auto mutex = read_mutex(call, hint == LockHint::mutex)) return *mutex;
    if (hint == LockHint::mutex) return lock(WaitKind::mutex, call.address);
  }
  return lock(WaitKind::futex, call.address);
}

ThreadWait LockReader::read_bitset_wait(const FutexCall& call, LockHint hint) const {
  if (const auto robust = read_robust_mutex(call)) return *robust;
  if (const auto join = read_join(call, hint)) return *join;
  if (const auto condvar = read_condvar(call)) return *condvar;
  switch (hint) {
    case LockHint::mutex:
      if (const auto mutex = read_mutex(call, true)) return *mutex;
      return lock(WaitKind::mutex, call.address);
    case LockHint::condvar:
      // Its address is unknown: the futex word belongs to one of the two groups that the condition variable
      // has.
      return {.kind = WaitKind::condvar};
    case LockHint::join:
      return lock(WaitKind::join, call.address);
    case LockHint::semaphore:
      return lock(WaitKind::semaphore, call.address);
    case LockHint::rwlock_read:
    case LockHint::rwlock_write:
    case LockHint::low_level:
    case LockHint::none:
      break;
  }
  if (hint == LockHint::none && call.value == glibc::kHeldAndWaitedFor) {
    const auto mutex = read_mutex(call, false);
    if (mutex && mutex->owner) return *mutex;
  }
  if (const auto rwlock = read_rwlock(call)) return *rwlock;
  if (const auto rwlock = read_rwlock_by_name(call, hint)) return *rwlock;
  if (const auto semaphore = read_semaphore(call)) return *semaphore;
  return lock(WaitKind::futex, call.address);
}

std::optional<ThreadWait> LockReader::read_robust_mutex(const FutexCall& call) const {
  const std::uint32_t owner = call.value & glibc::kFutexTid;
  if ((call.value & glibc::kFutexWaiters) == 0 || owner == 0) return std::nullopt;
  const auto mutex = memory_.value<glibc::Mutex>(call.address);
  if (!mutex || !is_mutex_kind(mutex->kind) || (mutex->kind & glibc::kMutexRobust) == 0) return std::nullopt;
  ThreadWait wait = lock(WaitKind::mutex, call.address);
  // The futex of a robust mutex is never private, whatever the mutex is; its kind tells.
  set_owner(wait, static_cast<std::int32_t>(mutex->word & glibc::kFutexTid),
            (mutex->kind & glibc::kMutexShared) != 0);
  return wait;
}

std::optional<ThreadWait> LockReader::read_mutex(const FutexCall& call, bool certain) const {
  const auto mutex = memory_.value<glibc::Mutex>(call.address);
  if (!mutex || !is_mutex_kind(mutex->kind) || mutex->owner <= 0) return std::nullopt;
  ThreadWait wait = lock(WaitKind::mutex, call.address);
  set_owner(wait, mutex->owner, (mutex->kind & glibc::kMutexShared) != 0);
  // "Its owner is dead" must not be said about memory that only happens to look like a mutex.
  const bool like_one = mutex->users == 1 && mutex->previous == 0 && mutex->next == 0;
  if (!wait.owner && !certain && !like_one) return std::nullopt;
  return wait;
}

std::optional<ThreadWait> LockReader::read_stdio_lock(const FutexCall& call) const {
  const auto stdio = memory_.value<glibc::StdioLock>(call.address);
  if (!glibc::kKnowsThread || !stdio || stdio->owner == 0) return std::nullopt;
  const std::uint64_t tid_address = stdio->owner + glibc::kThreadTid;
  if (thread_of(tid_address) != stdio->owner) return std::nullopt;
  ThreadWait wait = lock(WaitKind::mutex, call.address);
  if (const auto id = memory_.value<std::int32_t>(tid_address)) set_owner(wait, *id, false);
  return wait;
}

// pthread_join waits on the TID field of the thread that it joins; the kernel clears it when that thread
// ends.
std::optional<ThreadWait> LockReader::read_join(const FutexCall& call, LockHint hint) const {
  const auto id = static_cast<std::int32_t>(call.value);
  if (!call.shared || memory_.value<std::int32_t>(call.address) != id) return std::nullopt;
  const auto thread = thread_of(call.address);
  if (!thread && hint != LockHint::join) return std::nullopt;
  const auto owner = live_(id);
  if (!owner) return std::nullopt;
  ThreadWait wait = lock(WaitKind::join, thread.value_or(call.address));
  wait.owner = owner;
  return wait;
}

std::optional<ThreadWait> LockReader::read_condvar(const FutexCall& call) const {
  std::array<std::byte, kCondvarSearchBytes> stack;
  const std::size_t bytes = memory_.read(call.sp, stack);
  for (std::size_t at = 0; at + sizeof(glibc::CondvarWaiter) <= bytes; at += 8) {
    glibc::CondvarWaiter waiter;
    std::memcpy(&waiter, stack.data() + at, sizeof waiter);
    const std::uint64_t group = (waiter.sequence & 1) * 4;
    const bool points_here = std::ranges::any_of(glibc::kCondvarSignals, [&](std::uint64_t signals) {
      return waiter.condvar + signals + group == call.address;
    });
    const auto mutex = points_here ? memory_.value<glibc::Mutex>(waiter.mutex) : std::nullopt;
    if (!mutex) continue;
    ThreadWait wait = lock(WaitKind::condvar, waiter.condvar);
    if (!is_mutex_kind(mutex->kind)) return wait;
    wait.mutex = waiter.mutex;
    if (mutex->word != 0) wait.mutex_owner = live_(mutex->owner);
    return wait;
  }
  return std::nullopt;
}

std::optional<ThreadWait> LockReader::read_rwlock(const FutexCall& call) const {
  const std::uint64_t address = rwlock_address(call);
  const auto rwlock = memory_.value<glibc::Rwlock>(address);
  if (!rwlock || rwlock->shared != (call.shared ? 1 : 0)) return std::nullopt;
  const auto kind = rwlock_wait(*rwlock, call);
  if (!kind) return std::nullopt;
  ThreadWait wait = lock(*kind, address);
  set_owner(wait, rwlock->writer, call.shared);
  return wait;
}

std::optional<ThreadWait> LockReader::read_rwlock_by_name(const FutexCall& call, LockHint hint) const {
  if (hint != LockHint::rwlock_read && hint != LockHint::rwlock_write) return std::nullopt;
  const bool reads = hint == LockHint::rwlock_read;
  // A reader of a lock that prefers writers waits on the first word, until the writers before it are done.
  const bool first_word = reads && (call.value & glibc::kRwlockReadersWait) != 0;
  ThreadWait wait = lock(reads ? WaitKind::rwlock_read : WaitKind::rwlock_write,
                         first_word ? call.address : rwlock_address(call));
  if (const auto rwlock = memory_.value<glibc::Rwlock>(*wait.address))
    set_owner(wait, rwlock->writer, call.shared);
  return wait;
}

std::optional<ThreadWait> LockReader::read_semaphore(const FutexCall& call) const {
  const auto semaphore = memory_.value<glibc::Semaphore>(call.address);
  if (!semaphore || call.value != 0 || semaphore->value != 0) return std::nullopt;
  constexpr std::uint32_t kManyWaiters = 1 << 16;
  if (semaphore->waiters == 0 || semaphore->waiters > kManyWaiters) return std::nullopt;
  if (semaphore->shared != (call.shared ? 128u : 0u)) return std::nullopt;
  return lock(WaitKind::semaphore, call.address);
}

void LockReader::set_owner(ThreadWait& wait, std::int32_t id, bool shared) const {
  if (id <= 0) return;
  wait.owner = live_(id);
  // The owner of a lock that processes share may live in another process.
  wait.owner_dead = !wait.owner && !shared;
}

std::optional<std::uint64_t> LockReader::thread_of(std::uint64_t tid_address) const {
  if (!glibc::kKnowsThread) return std::nullopt;
  const std::uint64_t thread = tid_address - glibc::kThreadTid;
  if (memory_.value<std::uint64_t>(thread + glibc::kThreadSelf) != thread) return std::nullopt;
  return thread;
}

}  // namespace kvtool::snapshot
