// unpin-window: dropping the last reference and giving the block back are two operations.
#pragma once

#include <cstdint>
#include <string>

#include "core/explorer/program.h"
#include "core/pool/lru_pool.h"

namespace kvtool::unpin_window {

struct TwoSteps : pool::FixedProtocol {
  static constexpr bool kUnpinInOneHold = false;
  // Pinning a block that is in no list and has no references is a claim that does nothing.
  static constexpr pool::TreeHold kTree = pool::TreeHold::late_detach;
};

template <class Rt, class Protocol>
class UnpinWindow {
 public:
  static constexpr bool kMayBeAbandoned = true;
  UnpinWindow(std::uint32_t threads, std::uint32_t rounds)
      : rounds_(rounds), pool_({.primary = 1, .secondary = 0, .priorities = {35}, .standard_priority = 35}) {
    (void)threads;
  }
  static unsigned actor_count(std::uint32_t threads, std::uint32_t) { return threads; }
  static std::string actor_name(unsigned actor) { return "rpc " + std::to_string(actor); }

  void run(unsigned actor) {
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      Rt::local_state(actor, round);
      if (!pool_.pin(0)) continue;
      Rt::perturb("rpc:pinned");
      pool_.unpin(0);
    }
  }
  void finish() { pool_.check_at_rest(); }

 private:
  const std::uint32_t rounds_;
  pool::LruPool<Rt, Protocol> pool_;
};

}  // namespace kvtool::unpin_window
