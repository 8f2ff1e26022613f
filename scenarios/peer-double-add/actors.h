// peer-double-add: two threads ask whether a peer is known and add it when it is not; the map's lock, where
// there is one, covers both steps or neither. Invariant: a peer is added once.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::peer_double_add {

enum class Lock : std::uint8_t { none, each_step, both_steps };

template <class Rt, Lock kind>
class PeerDoubleAdd {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static std::string actor_name(unsigned actor) { return "T" + std::to_string(actor); }
  static unsigned actor_count(unsigned threads) { return threads; }

  explicit PeerDoubleAdd(unsigned) {}

  void run(unsigned) {
    if constexpr (kind == Lock::both_steps) {
      const std::lock_guard guard(mutex_);
      if (!known()) add();
    } else if constexpr (kind == Lock::each_step) {
      if (std::lock_guard guard(mutex_); known()) return;
      const std::lock_guard guard(mutex_);
      add();
    } else if (!known()) {
      add();
    }
  }

 private:
  bool known() const { return known_.load(); }
  void add() {
    Rt::check(added_.fetch_add(1) == 0, "a peer is added once");
    known_.store(true);
  }

  typename Rt::mutex mutex_{"peers"};
  typename Rt::template atomic<bool> known_{false, "known"};
  typename Rt::template atomic<int> added_{0, "added"};
};

}  // namespace kvtool::peer_double_add
