#include "core/device/sim/driver_locks.h"

#include <cerrno>
#include <cstdlib>

#include "core/runtime/lock_line.h"

namespace kvtool::sim {
namespace {

// A pthread call fails here only through a bug of the simulator, such as a thread that takes W twice; going
// on would give a lock that nobody holds.
void check(int error) {
  if (error != 0) std::abort();
}

bool taken(int error) {
  if (error == EBUSY) return false;
  check(error);
  return true;
}

// Takes a lock by `attempt`, and by `block` when someone else has it. The hook runs between the two, so who
// hears it knows that the thread found the lock held.
template <class Attempt, class Block>
void acquire(std::string_view resource, std::string_view call, const WaitHook& on_contended, Attempt attempt,
             Block block) {
  if (attempt()) return;
  if (on_contended) on_contended(resource, call);
  block();
}

void want(std::string_view resource, std::string_view call) {
  if (LockLine* line = LockLine::current()) line->want(resource, call);
}

void got() {
  if (LockLine* line = LockLine::current()) line->got();
}

// A shared hold is not announced: it ends before its thread waits for anything, so it is never part of a
// cycle, and a reader shown as a holder would look as if it kept other readers out.
void got_shared() {
  if (LockLine* line = LockLine::current()) line->end_wait();
}

void drop(std::string_view resource) {
  if (LockLine* line = LockLine::current()) line->drop(resource);
}

void take_mutex(DriverMutex& mutex, const std::string& name, std::string_view call, const WaitHook& hook) {
  want(name, call);
  acquire(
      name, call, hook, [&] { return mutex.try_lock(); }, [&] { mutex.lock(); });
  got();
}

}  // namespace

DriverMutex::~DriverMutex() { pthread_mutex_destroy(&mutex_); }
bool DriverMutex::try_lock() { return taken(pthread_mutex_trylock(&mutex_)); }
void DriverMutex::lock() { check(pthread_mutex_lock(&mutex_)); }
void DriverMutex::unlock() { check(pthread_mutex_unlock(&mutex_)); }

DriverRwLock::~DriverRwLock() { pthread_rwlock_destroy(&lock_); }
bool DriverRwLock::try_lock_shared() { return taken(pthread_rwlock_tryrdlock(&lock_)); }
void DriverRwLock::lock_shared() { check(pthread_rwlock_rdlock(&lock_)); }
bool DriverRwLock::try_lock() { return taken(pthread_rwlock_trywrlock(&lock_)); }
void DriverRwLock::lock() { check(pthread_rwlock_wrlock(&lock_)); }
void DriverRwLock::unlock() { check(pthread_rwlock_unlock(&lock_)); }

DriverMutex& DriverLocks::runtime() {
  static DriverMutex mutex;
  return mutex;
}

HeldLocks::HeldLocks(DriverLocks& locks, const Names& names, const WaitHook& on_contended)
    : locks_(locks), names_(names), on_contended_(on_contended) {}

void HeldLocks::take(const Rule& rule, std::string_view call) {
  if (rule.runtime != Hold::none && !runtime_) {
    take_mutex(DriverLocks::runtime(), names_.runtime_lock, call, on_contended_);
    runtime_ = true;
  }
  if (rule.context != Hold::none && !context_) {
    take_mutex(locks_.context, names_.context_lock, call, on_contended_);
    context_ = true;
  }
  if (rule.launch == Hold::none || launch_ != Hold::none) return;
  DriverRwLock& launch = locks_.launch;
  want(names_.launch_lock, call);
  if (rule.launch == Hold::shared) {
    acquire(
        names_.launch_lock, call, on_contended_, [&] { return launch.try_lock_shared(); },
        [&] { launch.lock_shared(); });
    got_shared();
  } else {
    acquire(
        names_.launch_lock, call, on_contended_, [&] { return launch.try_lock(); }, [&] { launch.lock(); });
    got();
  }
  launch_ = rule.launch;
}

HeldLocks::~HeldLocks() {
  // Each is announced as dropped before it is: the next owner may announce it at once, and two holders of one
  // lock would contradict each other.
  if (launch_ != Hold::none) {
    if (launch_ == Hold::exclusive) drop(names_.launch_lock);
    locks_.launch.unlock();
  }
  if (context_) {
    drop(names_.context_lock);
    locks_.context.unlock();
  }
  if (runtime_) {
    drop(names_.runtime_lock);
    DriverLocks::runtime().unlock();
  }
}

}  // namespace kvtool::sim
