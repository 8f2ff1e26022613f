#include "core/snapshot/lock_reader.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <set>

#include "fake_memory.h"

namespace kvtool::snapshot {
namespace {

constexpr std::uint64_t kLock = 0x5000;
constexpr std::uint64_t kStack = 0x7000;
constexpr std::int32_t kOwner = 41;
constexpr std::int32_t kDead = 99;

// Memory of a target with one live thread, which the target calls 41 and we 1041.
class LockReaderTest : public testing::Test {
 protected:
  ThreadWait read(std::uint64_t address, std::uint64_t operation, std::uint64_t value,
                  LockHint hint = LockHint::none) {
    const LockReader reader(memory_,
                            [](pid_t id) { return id == kOwner ? std::optional(1041) : std::nullopt; });
    const Syscall call{.number = SYS_futex, .args = {address, operation, value}, .sp = kStack, .pc = 0};
    return reader.read(FutexCall(call), hint);
  }

  void put_mutex(std::uint32_t word, std::int32_t owner, std::int32_t kind) {
    memory_.put(kLock, glibc::Mutex{.word = word,
                                    .count = 0,
                                    .owner = owner,
                                    .users = 1,
                                    .kind = kind,
                                    .spins = 0,
                                    .previous = 0,
                                    .next = 0});
  }
  void put_rwlock(std::uint32_t readers, std::uint32_t write_phase, std::uint32_t writers,
                  std::int32_t writer) {
    memory_.put(kLock, glibc::Rwlock{.readers = readers,
                                     .writers = 1,
                                     .write_phase_futex = write_phase,
                                     .writers_futex = writers,
                                     .padding = {},
                                     .writer = writer,
                                     .shared = 0});
  }

  FakeMemory memory_;
};

constexpr std::uint64_t kWait = FUTEX_WAIT | FUTEX_PRIVATE_FLAG;
constexpr std::uint64_t kWaitShared = FUTEX_WAIT;
constexpr std::uint64_t kWaitBitset = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
constexpr std::uint64_t kWaitBitsetShared = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;

TEST_F(LockReaderTest, MutexOfEveryTypeHasItsOwner) {
  for (const std::int32_t kind : {0, 1, 2, 3, 512}) {
    put_mutex(2, kOwner, kind);
    for (const std::uint64_t operation : {kWait, kWaitBitset}) {
      const ThreadWait wait = read(kLock, operation, 2);
      EXPECT_EQ(wait.kind, WaitKind::mutex) << kind;
      EXPECT_EQ(wait.address, kLock);
      EXPECT_EQ(wait.owner, 1041) << "our ID, not the target's";
      EXPECT_FALSE(wait.owner_dead);
    }
  }
}

TEST_F(LockReaderTest, OwnerThatEndedIsDead) {
  put_mutex(2, kDead, 0);
  const ThreadWait wait = read(kLock, kWait, 2);
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_FALSE(wait.owner);
  EXPECT_TRUE(wait.owner_dead);
}

TEST_F(LockReaderTest, OwnerOfASharedMutexMayLiveElsewhere) {
  put_mutex(2, kDead, glibc::kMutexShared);
  const ThreadWait wait = read(kLock, kWaitShared, 2);
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_FALSE(wait.owner);
  EXPECT_FALSE(wait.owner_dead);
}

TEST_F(LockReaderTest, RobustMutexHasItsOwnerInTheWord) {
  const std::uint32_t word = glibc::kFutexWaiters | kOwner;
  put_mutex(word, kOwner, glibc::kMutexRobust);
  for (const std::uint64_t operation : {kWaitShared, kWaitBitsetShared}) {
    const ThreadWait wait = read(kLock, operation, word);
    EXPECT_EQ(wait.kind, WaitKind::mutex);
    EXPECT_EQ(wait.owner, 1041);
  }
  put_mutex(word, kOwner, 0);
  EXPECT_EQ(read(kLock, kWaitShared, word).kind, WaitKind::futex)
      << "its kind says that it is no robust mutex";
}

TEST_F(LockReaderTest, PriorityInheritingMutexHasItsOwnerInTheWord) {
  put_mutex(glibc::kFutexWaiters | kOwner, kOwner, 32);
  for (const std::uint64_t operation : {FUTEX_LOCK_PI, FUTEX_LOCK_PI2}) {
    const ThreadWait wait = read(kLock, operation | FUTEX_PRIVATE_FLAG, 0);
    EXPECT_EQ(wait.kind, WaitKind::mutex);
    EXPECT_EQ(wait.owner, 1041);
  }
}

TEST_F(LockReaderTest, MemoryThatDoesNotLookLikeAMutexIsAFutex) {
  put_mutex(2, kDead, 0x1234);  // no such kind
  EXPECT_EQ(read(kLock, kWait, 2).kind, WaitKind::futex);
  memory_.put(kLock,
              glibc::Mutex{2, 0, kDead, 17, 0, 0, 1, 1});  // users and list of no mutex: do not cry "dead"
  EXPECT_EQ(read(kLock, kWait, 2).kind, WaitKind::futex);
  EXPECT_TRUE(read(kLock, kWait, 2, LockHint::mutex).owner_dead) << "but the stack says that it is one";
  put_mutex(2, 0, 0);
  EXPECT_EQ(read(kLock, kWait, 2).kind, WaitKind::futex) << "no owner, no name: anything";
  EXPECT_EQ(read(kLock, kWait, 2, LockHint::mutex).kind, WaitKind::mutex);
}

TEST_F(LockReaderTest, LowLevelLockIsAMutexWithoutOwner) {
  put_mutex(2, kDead, 0);
  const ThreadWait wait = read(kLock, kWait, 2, LockHint::low_level);
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_FALSE(wait.owner_dead);
}

TEST_F(LockReaderTest, OwnerThatChangesAtEveryReadingIsNotNamed) {
  std::int32_t next = kOwner;
  memory_.before_read([&] {
    put_mutex(2, next, 0);
    next = next == kOwner ? kDead : kOwner;
  });
  const ThreadWait wait = read(kLock, kWait, 2, LockHint::mutex);
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_FALSE(wait.owner);
  EXPECT_FALSE(wait.owner_dead);
}

#if defined(__x86_64__)
TEST_F(LockReaderTest, StdioLockPointsToItsOwner) {
  constexpr std::uint64_t kThread = 0x9000;
  memory_.put(kThread + glibc::kThreadSelf, kThread);
  memory_.put(kThread + glibc::kThreadTid, kOwner);
  memory_.put(kLock, glibc::StdioLock{.word = 2, .count = 1, .owner = kThread});
  const ThreadWait wait = read(kLock, kWait, 2, LockHint::low_level);
  EXPECT_EQ(wait.kind, WaitKind::mutex);
  EXPECT_EQ(wait.owner, 1041);
}

TEST_F(LockReaderTest, JoinNamesTheThreadThatIsJoined) {
  constexpr std::uint64_t kThread = 0x9000;
  memory_.put(kThread + glibc::kThreadSelf, kThread);
  memory_.put(kThread + glibc::kThreadTid, kOwner);
  const ThreadWait wait = read(kThread + glibc::kThreadTid, kWaitBitsetShared, kOwner);
  EXPECT_EQ(wait.kind, WaitKind::join);
  EXPECT_EQ(wait.address, kThread);
  EXPECT_EQ(wait.owner, 1041);
}
#endif

TEST_F(LockReaderTest, RwlockHeldByAWriter) {
  put_rwlock(glibc::kRwlockWritePhase | glibc::kRwlockWriteLocked | 1 << glibc::kRwlockReaderShift, 3, 3,
             kOwner);
  const ThreadWait reader = read(kLock + 8, kWaitBitset, 3);
  EXPECT_EQ(reader.kind, WaitKind::rwlock_read);
  EXPECT_EQ(reader.address, kLock);
  EXPECT_EQ(reader.owner, 1041);
  const ThreadWait writer = read(kLock + 12, kWaitBitset, 3);
  EXPECT_EQ(writer.kind, WaitKind::rwlock_write);
  EXPECT_EQ(writer.address, kLock);
  EXPECT_EQ(writer.owner, 1041);
}

TEST_F(LockReaderTest, RwlockHeldByReadersHasNoOwner) {
  put_rwlock(glibc::kRwlockWriteLocked | 1 << glibc::kRwlockReaderShift, glibc::kRwlockFutexUsed, 1, 0);
  const ThreadWait writer = read(kLock + 8, kWaitBitset, 2);
  EXPECT_EQ(writer.kind, WaitKind::rwlock_write);
  EXPECT_EQ(writer.address, kLock);
  EXPECT_FALSE(writer.owner);
  EXPECT_FALSE(writer.owner_dead);
}

TEST_F(LockReaderTest, ReaderBehindWritersWaitsOnTheFirstWord) {
  const std::uint32_t word = glibc::kRwlockReadersWait | 1 << glibc::kRwlockReaderShift;
  put_rwlock(word, 0, 0, 0);
  const ThreadWait reader = read(kLock, kWaitBitset, word, LockHint::rwlock_read);
  EXPECT_EQ(reader.kind, WaitKind::rwlock_read);
  EXPECT_EQ(reader.address, kLock);
}

TEST_F(LockReaderTest, CondvarIsFoundByItsRecordOnTheWaitersStack) {
  for (const std::uint64_t signals : {40, 32}) {
    for (const std::uint64_t group : {0, 1}) {
      FakeMemory& memory = memory_;
      for (std::uint64_t at = kStack; at < kStack + 0x200; at += 8) memory.put<std::uint64_t>(at, 0);
      constexpr std::uint64_t kMutex = 0x6000;
      memory.put(kMutex, glibc::Mutex{.word = 1,
                                      .count = 0,
                                      .owner = kOwner,
                                      .users = 1,
                                      .kind = 0,
                                      .spins = 0,
                                      .previous = 0,
                                      .next = 0});
      memory.put(kStack + 0x98,
                 glibc::CondvarWaiter{.sequence = 10 + group, .condvar = kLock, .mutex = kMutex});
      const ThreadWait wait = read(kLock + signals + 4 * group, kWaitBitset, 0);
      EXPECT_EQ(wait.kind, WaitKind::condvar);
      EXPECT_EQ(wait.address, kLock);
      EXPECT_FALSE(wait.owner) << "who would signal it is recorded nowhere";
      EXPECT_EQ(wait.mutex, kMutex);
      EXPECT_EQ(wait.mutex_owner, 1041);
      // The other group's word is 4 bytes away: the record does not fit.
      EXPECT_NE(read(kLock + signals + 4 * (1 - group), kWaitBitset, 0).kind, WaitKind::condvar);
    }
  }
}

TEST_F(LockReaderTest, CondvarByNameAloneHasNoAddress) {
  const ThreadWait wait = read(kLock + 40, kWaitBitset, 0, LockHint::condvar);
  EXPECT_EQ(wait.kind, WaitKind::condvar);
  EXPECT_FALSE(wait.address);
}

TEST_F(LockReaderTest, Semaphore) {
  memory_.put(kLock, glibc::Semaphore{.value = 0, .waiters = 3, .shared = 0});
  EXPECT_EQ(read(kLock, kWaitBitset, 0).kind, WaitKind::semaphore);
  memory_.put(kLock, glibc::Semaphore{.value = 0, .waiters = 3, .shared = 128});
  EXPECT_EQ(read(kLock, kWaitBitsetShared, 0).kind, WaitKind::semaphore);
  EXPECT_EQ(read(kLock, kWaitBitset, 0).kind, WaitKind::futex) << "private wait on a shared semaphore";
  memory_.put(kLock, glibc::Semaphore{.value = 0, .waiters = 0, .shared = 0});
  EXPECT_EQ(read(kLock, kWaitBitset, 0).kind, WaitKind::futex) << "nobody waits for it";
}

TEST_F(LockReaderTest, AddressesThatAreNoMemoryAreFutexes) {
  for (const std::uint64_t address : {0x0ull, 0x1ull, 0x7ull, 0xfffffffffffffff8ull, 0xffffffffffffffffull}) {
    for (const std::uint64_t operation : {kWait, kWaitShared, kWaitBitset, kWaitBitsetShared}) {
      for (const std::uint64_t value : {0ull, 2ull, 3ull, 41ull, 0x80000029ull, ~0ull}) {
        const ThreadWait wait = read(address, operation, value);
        EXPECT_EQ(wait.kind, WaitKind::futex);
        EXPECT_FALSE(wait.owner);
        EXPECT_FALSE(wait.owner_dead);
      }
    }
  }
}

TEST_F(LockReaderTest, OtherOperationsAreFutexes) {
  put_mutex(2, kOwner, 0);
  EXPECT_EQ(read(kLock, FUTEX_WAKE, 2).kind, WaitKind::futex);
  EXPECT_EQ(read(kLock, 77, 2).kind, WaitKind::futex);
}

}  // namespace
}  // namespace kvtool::snapshot
