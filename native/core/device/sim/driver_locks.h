// DriverLocks: the driver's locks R, C and W as real pthread objects, so that another process can read their
// owners from memory without symbols. In glibc on Linux a mutex keeps its owner's TID at +8 (`__owner`) and a
// reader-writer lock its writer's TID at +24 (`__cur_writer`); a blocked reader sleeps on the futex at +8.
//
// Lock order: R, C, W, and never an internal mutex of the simulator before one of them.
#pragma once

#include <pthread.h>

#include <functional>
#include <string_view>

#include "core/device/sim/driver_model.h"
#include "core/device/sim/names.h"

namespace kvtool::sim {

using WaitHook = std::function<void(std::string_view resource, std::string_view call)>;

// A plain pthread mutex. C excludes calls that manage the context; R excludes calls of the runtime library.
class DriverMutex {
 public:
  DriverMutex() = default;
  DriverMutex(const DriverMutex&) = delete;
  DriverMutex& operator=(const DriverMutex&) = delete;
  ~DriverMutex();
  bool try_lock();
  void lock();
  void unlock();
  const void* address() const { return &mutex_; }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

// A plain pthread reader-writer lock, which prefers readers. W is shared by ordinary launches and held alone
// by a call that needs the device to itself.
class DriverRwLock {
 public:
  DriverRwLock() = default;
  DriverRwLock(const DriverRwLock&) = delete;
  DriverRwLock& operator=(const DriverRwLock&) = delete;
  ~DriverRwLock();
  bool try_lock_shared();
  void lock_shared();
  bool try_lock();
  void lock();
  void unlock();  // whichever way it was taken
  const void* address() const { return &lock_; }

 private:
  pthread_rwlock_t lock_ = PTHREAD_RWLOCK_INITIALIZER;
};

struct DriverLocks {
  // The runtime library exists once in a process, and so does its mutex, whatever the number of devices.
  static DriverMutex& runtime();

  DriverMutex context;
  DriverRwLock launch;
};

// The locks that one call holds; RAII. Used by the calling thread only.
class HeldLocks {
 public:
  // `on_contended` (may be empty) is called before the thread blocks in a lock. Everything referred to must
  // outlive this object.
  HeldLocks(DriverLocks& locks, const Names& names, const WaitHook& on_contended);
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;
  ~HeldLocks();

  // Takes what `rule` asks for and is not held yet. `call` is announced on the thread's lock line.
  void take(const Rule& rule, std::string_view call);

 private:
  DriverLocks& locks_;
  const Names& names_;
  const WaitHook& on_contended_;
  bool runtime_ = false;
  bool context_ = false;
  Hold launch_ = Hold::none;
};

}  // namespace kvtool::sim
