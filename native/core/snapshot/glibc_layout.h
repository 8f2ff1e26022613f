// Where glibc (2.25 and later, 64 bit) keeps what a lock reader needs. These structures are part of its ABI:
// a program compiled with them as static data has to keep working, so they change by new fields at the end or
// not at all. sysdeps/nptl/bits/{struct_mutex,struct_rwlock,thread-shared-types}.h in glibc's source.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvtool::snapshot::glibc {

// pthread_mutex_t, std::mutex.
struct Mutex {
  std::uint32_t word;  // 0 free, 1 held, 2 held and waited for; robust and PI: the owner's TID and flags
  std::uint32_t count;
  std::int32_t owner;
  std::uint32_t users;
  std::int32_t kind;
  std::int32_t spins;
  std::uint64_t previous;  // robust and PI mutexes only
  std::uint64_t next;
};
static_assert(sizeof(Mutex) == 40);

inline constexpr std::int32_t kMutexTypes = 3;  // normal, recursive, errorcheck, adaptive
inline constexpr std::int32_t kMutexTypeMask = 0xf;
inline constexpr std::int32_t kMutexRobust = 16;
inline constexpr std::int32_t kMutexShared = 128;  // between processes
inline constexpr std::int32_t kMutexAllBits = 0x3ff;

inline constexpr std::uint32_t kHeldAndWaitedFor = 2;
inline constexpr std::uint32_t kFutexWaiters = 0x80000000;
inline constexpr std::uint32_t kFutexTid = 0x3fffffff;

// pthread_rwlock_t, std::shared_mutex.
struct Rwlock {
  std::uint32_t readers;  // bits below; from bit 3 on the number of readers that hold it or wait
  std::uint32_t writers;
  std::uint32_t write_phase_futex;  // readers wait here, and the first writer for readers to leave
  std::uint32_t writers_futex;      // further writers wait here
  std::uint32_t padding[2];
  std::int32_t writer;  // TID of the thread that holds it for writing
  std::int32_t shared;  // between processes
};
static_assert(offsetof(Rwlock, writer) == 24);

inline constexpr std::uint32_t kRwlockWritePhase = 1;
inline constexpr std::uint32_t kRwlockWriteLocked = 2;
inline constexpr std::uint32_t kRwlockReadersWait = 4;
inline constexpr unsigned kRwlockReaderShift = 3;
// The futex words of a rwlock hold 0 or 1, and 2 on top while somebody waits.
inline constexpr std::uint32_t kRwlockFutexUsed = 2;

// sem_t.
struct Semaphore {
  std::uint32_t value;
  std::uint32_t waiters;
  std::uint32_t shared;  // 0 private, 128 between processes
};

// _IO_lock_t of a FILE.
struct StdioLock {
  std::uint32_t word;
  std::uint32_t count;
  std::uint64_t owner;  // pthread_t
};

// pthread_cond_t: offset of __g_signals[0], the futex of its first group; the second is 4 bytes on. 32 in a
// glibc that has the fix of https://sourceware.org/bugzilla/show_bug.cgi?id=25847, which removed a field
// before it; else 40.
inline constexpr std::uint64_t kCondvarSignals[] = {40, 32};

// What a waiter of a condition variable keeps on its own stack for the case that it is cancelled
// (struct _condvar_cleanup_buffer, nptl/pthread_cond_wait.c).
struct CondvarWaiter {
  std::uint64_t sequence;  // bit 0: the group that it waits in
  std::uint64_t condvar;
  std::uint64_t mutex;
};

// struct pthread: a pointer to itself, its place in the list of all threads (the address of the next one's
// place), and the thread's TID.
#if defined(__x86_64__)
inline constexpr bool kKnowsThread = true;
inline constexpr std::uint64_t kThreadSelf = 0x10;
inline constexpr std::uint64_t kThreadList = 0x2c0;
inline constexpr std::uint64_t kThreadTid = 0x2d0;
#else
inline constexpr bool kKnowsThread = false;
inline constexpr std::uint64_t kThreadSelf = 0;
inline constexpr std::uint64_t kThreadList = 0;
inline constexpr std::uint64_t kThreadTid = 0;
#endif

}  // namespace kvtool::snapshot::glibc
