// The locks of RealRuntime: the standard library's, with a constructor that takes the name that a model
// shows.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <string_view>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "core/runtime/named_mutex.h"

namespace kvtool {

template <class Inner>
class RealLock : public Inner {
 public:
  RealLock() = default;
  explicit RealLock(std::string_view /*name*/) {}
};

class RealSemaphore : public std::counting_semaphore<> {
 public:
  explicit RealSemaphore(std::ptrdiff_t initial, std::string_view /*name*/ = {})
      : std::counting_semaphore<>(initial) {}
};

template <class T>
class RealAtomic : public std::atomic<T> {
 public:
  RealAtomic() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic
  RealAtomic(T initial, std::string_view /*name*/ = {}) : std::atomic<T>(initial) {}
  using std::atomic<T>::operator=;

  // A load that the processor may carry out late: load_late() where it stands in the program, late_value()
  // where its value is first needed. For real it is an ordinary relaxed load.
  T load_late() const { return this->load(std::memory_order_relaxed); }
  T late_value(T token) const { return token; }
};

// A loop that waits by reading what another thread will write:
//
//   for (typename Rt::spin spin; !flag.load(std::memory_order_acquire);) spin.wait();
//
// The pass between two waits must have no effect but reading. Pauses at first, then yields.
class RealSpin {
 public:
  RealSpin() = default;
  RealSpin(const RealSpin&) = delete;
  RealSpin& operator=(const RealSpin&) = delete;
  void wait() {
    if (++passes_ > kPauses) {
      std::this_thread::yield();
      return;
    }
#if defined(__x86_64__)
    _mm_pause();
#endif
  }

 private:
  static constexpr unsigned kPauses = 64;
  unsigned passes_ = 0;
};

// The lock of a language runtime (CPython's GIL, Node's JS thread): a mutex that a call into a library may
// drop and take again, and that the runtime hands over at its checkpoints.
class RealRuntimeLock : public NamedMutex {
 public:
  explicit RealRuntimeLock(std::string_view name = "GIL") : NamedMutex(name) {}
  void checkpoint() {
    unlock();
    std::this_thread::yield();
    lock();
  }
};

}  // namespace kvtool
