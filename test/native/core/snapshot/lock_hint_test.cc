#include "core/snapshot/lock_hint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kvtool::snapshot {
namespace {

TEST(LockHint, KnowsGlibcNamesOldAndNew) {
  EXPECT_EQ(lock_hint("pthread_mutex_lock"), LockHint::mutex);
  EXPECT_EQ(lock_hint("___pthread_mutex_lock"), LockHint::mutex);
  EXPECT_EQ(lock_hint("__pthread_mutex_cond_lock"), LockHint::mutex);
  EXPECT_EQ(lock_hint("__pthread_mutex_clocklock_common"), LockHint::mutex);
  EXPECT_EQ(lock_hint("pthread_mutex_timedlock"), LockHint::mutex);
  EXPECT_EQ(lock_hint("__lll_lock_wait_private"), LockHint::low_level);
  EXPECT_EQ(lock_hint("___pthread_rwlock_rdlock"), LockHint::rwlock_read);
  EXPECT_EQ(lock_hint("pthread_rwlock_timedwrlock64"), LockHint::rwlock_write);
  EXPECT_EQ(lock_hint("__pthread_cond_wait_common"), LockHint::condvar);
  EXPECT_EQ(lock_hint("pthread_cond_clockwait"), LockHint::condvar);
  EXPECT_EQ(lock_hint("__pthread_clockjoin_ex"), LockHint::join);
  EXPECT_EQ(lock_hint("__new_sem_wait_slow64.constprop.0"), LockHint::semaphore);
  EXPECT_EQ(lock_hint("sem_clockwait"), LockHint::semaphore);
}

TEST(LockHint, SaysNothingAboutOtherNames) {
  for (const char* name : {"", "_", "main", "pthread_mutex_unlock", "pthread_mutex_trylock", "sem_post",
                           "uv_sem_wait", "std::mutex::lock()", "__lll_lock_wait"})
    EXPECT_EQ(lock_hint(name), LockHint::none) << name;
}

std::vector<Frame> frames(std::initializer_list<const char*> names) {
  std::vector<Frame> result;
  for (const char* name : names) result.push_back({.pc = 1, .function = name});
  return result;
}

TEST(LockHint, InnermostFrameWins) {
  EXPECT_EQ(
      lock_hint(frames({"", "__lll_lock_wait", "__pthread_mutex_cond_lock", "pthread_cond_wait", "main"})),
      LockHint::mutex);
}

TEST(LockHint, FarFramesDoNotCount) {
  EXPECT_EQ(lock_hint(frames({"read", "a", "b", "c", "d", "e", "pthread_join"})), LockHint::none);
  EXPECT_EQ(lock_hint(frames({})), LockHint::none);
}

}  // namespace
}  // namespace kvtool::snapshot
