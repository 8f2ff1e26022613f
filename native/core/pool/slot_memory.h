// SlotMemory: what the slots of a pool hold, for a BlockManager whose bytes are not its own business: each
// slot has two halves with a label of the content, so a torn read shows. A product puts its own class here;
// see BlockManager for what it needs.
//
// The halves are atomics because a copy engine and a network card read and write them, which no lock of the
// host holds off: what a program must not see is a wrong label, not a data race. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "core/pool/block_types.h"

namespace kvtool::pool {

inline constexpr unsigned kHalves = 2;

template <class Rt>
class SlotMemory {
 public:
  using Label = std::uint64_t;

  // Every slot holds label 0.
  explicit SlotMemory(std::uint32_t slots) {
    for (std::size_t i = 0; i < std::size_t{slots} * kHalves; ++i)
      cells_.emplace_back(Label{0}, i < kNames.size() ? kNames[i] : std::string_view());
  }

  Label read(SlotId slot, unsigned half) const { return cell(slot, half).load(std::memory_order_relaxed); }
  void write(SlotId slot, Label label) {
    for (unsigned half = 0; half < kHalves; ++half) {
      Rt::perturb("slot-memory:between-halves");
      cell(slot, half).store(label, std::memory_order_relaxed);
    }
  }
  void copy(SlotId from, SlotId to) {
    for (unsigned half = 0; half < kHalves; ++half) {
      Rt::perturb("slot-memory:between-halves");
      cell(to, half).store(read(from, half), std::memory_order_relaxed);
    }
  }

 private:
  using Cell = typename Rt::template atomic<Label>;
  const Cell& cell(SlotId slot, unsigned half) const { return cells_[std::size_t{slot} * kHalves + half]; }
  Cell& cell(SlotId slot, unsigned half) { return cells_[std::size_t{slot} * kHalves + half]; }

  // For a model's traces.
  static constexpr std::array<std::string_view, 12> kNames = {"slot 0a", "slot 0b", "slot 1a", "slot 1b",
                                                              "slot 2a", "slot 2b", "slot 3a", "slot 3b",
                                                              "slot 4a", "slot 4b", "slot 5a", "slot 5b"};
  std::deque<Cell> cells_;
};

}  // namespace kvtool::pool
