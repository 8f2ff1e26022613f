// Hash128: the identity of a state. Two independent 64-bit lanes: with 10^9 states the chance that any two
// are confused is below 10^-20.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvtool::explore {

struct Hash128 {
  std::uint64_t a = 0, b = 0;
  bool operator==(const Hash128&) const = default;

  void mix(std::uint64_t value) {
    a = (a ^ value) * 0xff51afd7ed558ccdU;
    a ^= a >> 32U;
    b = (b + value + 0x9e3779b97f4a7c15U) * 0xc4ceb9fe1a85ec53U;
    b ^= b >> 29U;
  }
  void mix(const Hash128& other) {
    mix(other.a);
    mix(other.b);
  }
};

// Open addressing over Hash128; all-zero stands for "free".
class StateSet {
 public:
  StateSet() { clear(); }
  void clear() {
    table_.assign(1024, Hash128{});
    size_ = 0;
  }
  // True when `state` was not in the set.
  bool insert(Hash128 state) {
    if (state == Hash128{}) state.a = 1;
    if (size_ * 2 >= table_.size()) grow();
    if (!place(state)) return false;
    ++size_;
    return true;
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return table_.size() * sizeof(Hash128); }

 private:
  bool place(const Hash128& state) {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = state.a & mask;; i = (i + 1) & mask) {
      if (table_[i] == Hash128{}) {
        table_[i] = state;
        return true;
      }
      if (table_[i] == state) return false;
    }
  }
  void grow() {
    std::vector<Hash128> old(table_.size() * 2);
    old.swap(table_);
    for (const Hash128& state : old)
      if (!(state == Hash128{})) place(state);
  }

  std::vector<Hash128> table_;  // its size is a power of two
  std::size_t size_ = 0;
};

}  // namespace kvtool::explore
