// The same two pieces of code, over a runtime and by hand. Compiled optimised, whatever the build type.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/runtime/product_runtime.h"

namespace kvtool::instructions {

template <class Rt>
struct Counter {
  typename Rt::mutex lock{"lock"};
  typename Rt::template plain<std::uint64_t> total{0, "total"};

  std::uint64_t add(std::uint64_t amount) {
    const std::lock_guard guard(lock);
    Rt::perturb("counter:locked");
    return total.write() += amount;
  }
};

struct CounterByHand {
  std::mutex lock;
  std::uint64_t total = 0;

  std::uint64_t add(std::uint64_t amount) {
    const std::lock_guard guard(lock);
    return total += amount;
  }
};

inline constexpr std::uint32_t kSlots = 64;

// One writer, one reader.
template <class Rt>
struct Ring {
  typename Rt::template atomic<std::uint32_t> written{0, "written"}, read{0, "read"};
  typename Rt::template plain<std::uint64_t> slots[kSlots];

  bool push(std::uint64_t value) {
    const std::uint32_t at = written.load(std::memory_order_relaxed);
    Rt::perturb("ring:before-check");
    if (at - read.load(std::memory_order_acquire) == kSlots) return false;
    slots[at % kSlots].write() = value;
    Rt::perturb("ring:before-publish");
    written.store(at + 1, std::memory_order_release);
    return true;
  }
};

struct RingByHand {
  std::atomic<std::uint32_t> written{0}, read{0};
  std::uint64_t slots[kSlots] = {};

  bool push(std::uint64_t value) {
    const std::uint32_t at = written.load(std::memory_order_relaxed);
    if (at - read.load(std::memory_order_acquire) == kSlots) return false;
    slots[at % kSlots] = value;
    written.store(at + 1, std::memory_order_release);
    return true;
  }
};

}  // namespace kvtool::instructions
