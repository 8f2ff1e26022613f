// Event: what a recorder carries from where something happened to whoever subscribed to it.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "core/explorer/fingerprint.h"
#include "core/recorder/value.h"

namespace kvtool {

// Every member has an initialiser, so that {.type = "E"} compiles without warnings.
struct Event {
  std::string type = {};
  std::string session = {};
  // All are set by the recorder, at the source: when the host function runs, inside the call that records, or
  // by the GPU's own clock.
  std::uint64_t timestamp_ns = 0;  // ns since 1970, never going back between two events of one anchor
  std::uint64_t monotonic_ns = 0;  // the raw clock reading it was made from, for latencies
  // How far both may be off because they were told by another clock (StampClock); 0: by the host's own.
  std::uint64_t error_ns = 0;
  Metadata metadata = {};

  // For a model's search.
  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    explore::mix_fingerprint(hash, type);
    explore::mix_fingerprint(hash, session);
    hash.mix(timestamp_ns);
    hash.mix(monotonic_ns);
    for (const auto& [key, value] : metadata) {
      explore::mix_fingerprint(hash, key);
      hash.mix(fingerprint_of(value));
    }
    return hash;
  }
};

// Events move between slots and batches where nothing may fail.
static_assert(std::is_nothrow_move_constructible_v<Event> && std::is_nothrow_move_assignable_v<Event>);

}  // namespace kvtool
