// dangling-sequence: a look-up returns a reference after it has given back the lock of the table; an erasure,
// or an insertion that makes the table move its entries, frees what the reference means.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/explorer/program.h"
#include "core/pool/slots.h"

namespace kvtool::dangling_sequence {

enum class Ending : std::uint8_t { erase, rehash };

struct Sequence {
  std::uint32_t tokens = 0;
};

// kShared: the look-up becomes an owner, and the last owner frees.
template <class Rt, Ending kEnding, bool kShared>
class Sequences {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;

  Sequences() {
    for (auto& entry : table_.write()) entry = memory_.allocate({.tokens = 1});
  }

  static const char* actor_name(unsigned actor) { return actor == 0 ? "scheduler" : "worker"; }

  void run(unsigned actor) {
    if (actor == 1) return store_tokens();
    kEnding == Ending::erase ? erase(0) : rehash();
  }
  void finish() {
    for (std::uint32_t request = 0; request < kRequests; ++request) erase(request);
    memory_.check_leaks();
  }

 private:
  static constexpr std::uint32_t kRequests = 2;
  using Table = std::array<std::optional<pool::Handle>, kRequests>;
  using Owners = std::array<std::uint32_t, 2 * kRequests>;

  void store_tokens() {
    const auto sequence = look_up(0);
    if (!sequence) return;
    Rt::perturb("worker:between-look-up-and-use");
    memory_.get(*sequence, [](const Sequence& it) { return it.tokens; });
    if constexpr (kShared) {
      const std::lock_guard guard(mutex_);
      drop(*sequence);
    }
  }
  std::optional<pool::Handle> look_up(std::uint32_t request) {
    const std::lock_guard guard(mutex_);
    const auto found = table_.get([request](const Table& table) { return table[request]; });
    if (kShared && found) owners_.update([found](Owners& owners) { ++owners[found->index]; });
    return found;
  }
  void erase(std::uint32_t request) {
    const std::lock_guard guard(mutex_);
    const auto found = table_.update([request](Table& table) { return std::exchange(table[request], {}); });
    if (found) drop(*found);
  }
  // The table grows: every entry moves to new memory. With shared entries only references move.
  void rehash() {
    const std::lock_guard guard(mutex_);
    if constexpr (kShared) return;
    for (std::uint32_t request = 0; request < kRequests; ++request) {
      const auto old = table_.get([request](const Table& table) { return table[request]; });
      const auto tokens = memory_.get(*old, [](const Sequence& it) { return it.tokens; });
      const auto moved = memory_.allocate({.tokens = tokens.value_or(0)});
      table_.update([&](Table& table) { table[request] = moved; });
      memory_.free(*old);
    }
  }
  // Gives up one ownership. REQUIRES: mutex_ is held.
  void drop(pool::Handle handle) {
    if (!kShared || owners_.update([handle](Owners& owners) { return --owners[handle.index]; }) == 0)
      memory_.free(handle);
  }

  typename Rt::mutex mutex_{"table"};  // guards all below but the objects in memory_
  typename Rt::template plain<Table> table_;
  typename Rt::template plain<Owners> owners_{Owners{1, 1}};  // by the handle's index
  pool::Slots<Rt, Sequence> memory_{2 * kRequests, "a sequence"};
};

}  // namespace kvtool::dangling_sequence
