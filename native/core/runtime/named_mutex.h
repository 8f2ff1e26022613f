// NamedMutex: a mutex that a hung process can be asked about. It announces itself on the thread's LockLine as
// `mutex:NAME`, and it is a real pthread mutex whose owner a snapshot reads from memory (the TID at +8).
#pragma once

#include <pthread.h>

#include <mutex>
#include <string>
#include <string_view>

namespace kvtool {

class NamedMutex {
 public:
  explicit NamedMutex(std::string_view name);
  NamedMutex(const NamedMutex&) = delete;
  NamedMutex& operator=(const NamedMutex&) = delete;

  // `where` is the call named in the announcement while the thread waits.
  void lock(std::string_view where = "pthread_mutex_lock");
  bool try_lock();
  void unlock();

  const std::string& resource() const { return resource_; }  // "mutex:NAME"
  pthread_mutex_t* native_handle() { return mutex_.native_handle(); }

 private:
  // Guards whatever its user says. First member: the object's address is the pthread mutex's, as in a futex
  // wait.
  std::mutex mutex_;
  const std::string resource_;
};

static_assert(sizeof(std::mutex) == sizeof(pthread_mutex_t), "std::mutex must be a bare pthread mutex");

}  // namespace kvtool
