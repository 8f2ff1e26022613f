// Random: xorshift128+ seeded by splitmix64; the same numbers on every machine for the same seed.
#pragma once

#include <cstdint>

namespace kvtool::explore {

// One step of splitmix64 (Steele, Lea, Flood 2014): also used to spread a root seed over executions.
constexpr std::uint64_t split_mix(std::uint64_t seed) {
  std::uint64_t z = seed + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

class Random {
 public:
  explicit Random(std::uint64_t seed = 1) { reseed(seed); }
  void reseed(std::uint64_t seed) {
    a_ = split_mix(seed);
    b_ = split_mix(a_) | 1U;  // never both zero
  }
  std::uint64_t next() {
    std::uint64_t x = a_;
    const std::uint64_t y = b_;
    a_ = y;
    x ^= x << 23U;
    b_ = x ^ y ^ (x >> 17U) ^ (y >> 26U);
    return b_ + y;
  }
  // Uniform in [0, bound) up to a bias of bound / 2^32. REQUIRES: 0 < bound <= 2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32U) * bound) >> 32U; }

 private:
  std::uint64_t a_ = 0, b_ = 0;
};

}  // namespace kvtool::explore
