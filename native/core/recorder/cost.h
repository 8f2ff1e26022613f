// Cost: how long something took, over many times; CostMeter gathers it from several threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace kvtool {

struct Cost {
  std::uint64_t count = 0;
  std::uint64_t sum_ns = 0;
  std::uint64_t max_ns = 0;
};

template <class Rt>
class CostMeter {
 public:
  void add(std::uint64_t ns) {
    count_.fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
    std::uint64_t seen = max_ns_.load(std::memory_order_relaxed);
    while (seen < ns && !max_ns_.compare_exchange_weak(seen, ns, std::memory_order_relaxed)) {
    }
  }

  // Each number is right; while others add, the three may be a moment apart.
  Cost read() const {
    return {.count = count_.load(std::memory_order_relaxed),
            .sum_ns = sum_ns_.load(std::memory_order_relaxed),
            .max_ns = max_ns_.load(std::memory_order_relaxed)};
  }

 private:
  // Relaxed throughout: they are only ever looked at, nothing is decided by them.
  typename Rt::template atomic<std::uint64_t> count_{0};
  typename Rt::template atomic<std::uint64_t> sum_ns_{0};
  typename Rt::template atomic<std::uint64_t> max_ns_{0};
};

}  // namespace kvtool
