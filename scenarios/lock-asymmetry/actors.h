// lock-asymmetry: allocating takes the lock of the wrapper; freeing goes to the allocator inside, without it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/explorer/program.h"
#include "core/pool/lru_pool.h"

namespace kvtool::lock_asymmetry {

struct FreeUnlocked : pool::FixedProtocol {
  static constexpr bool kReleaseLocked = false;
};

template <class Rt, class Protocol, bool kRaces = false>
class Allocator {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kRacesAreAllowed = kRaces;
  static constexpr bool kMayBeAbandoned = !kRaces;  // a load of the lists lies on the stack

  Allocator(std::uint32_t chunks, std::uint32_t rounds)
      : rounds_(rounds),
        pool_({.primary = chunks, .secondary = 0, .priorities = {35}, .standard_priority = 35}),
        users_(new Users[chunks]) {}

  static std::string actor_name(unsigned actor) { return "worker " + std::to_string(actor); }

  void run(unsigned actor) {
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      Rt::local_state(actor, round);
      const auto chunk = pool_.try_pop(pool::Level::primary);
      if (!chunk) continue;
      Rt::check(users_[*chunk].fetch_add(1, std::memory_order_relaxed) == 0,
                "I6: two allocations overlap: a chunk was handed out twice");
      users_[*chunk].fetch_sub(1, std::memory_order_relaxed);
      pool_.release(*chunk);
    }
  }
  void finish() { pool_.check_at_rest(); }

 private:
  using Users = typename Rt::template atomic<std::uint32_t>;
  const std::uint32_t rounds_;
  pool::LruPool<Rt, Protocol> pool_;
  std::unique_ptr<Users[]> users_;  // by chunk: who writes to it
};

}  // namespace kvtool::lock_asymmetry
