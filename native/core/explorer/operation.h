// Operation: one visible step of an actor, announced before it runs, so that every strategy knows what each
// actor would do next.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace kvtool::explore {

// Actors (fibers) come first, then the agents of the memory model: store-buffer flushes, refreshes of stale
// copies, late loads.
using AgentId = std::uint8_t;
inline constexpr unsigned kMaxAgents = 64;
inline constexpr unsigned kMaxActors = 16;
inline constexpr unsigned kMaxObjects = 320;

// A set of agents, one bit each.
using AgentSet = std::uint64_t;
constexpr AgentSet bit(unsigned agent) { return AgentSet{1} << agent; }
constexpr unsigned lowest(AgentSet set) { return static_cast<unsigned>(std::countr_zero(set)); }
constexpr unsigned count(AgentSet set) { return static_cast<unsigned>(std::popcount(set)); }
// The `index`th member, from the lowest. REQUIRES: index < count(set).
constexpr unsigned member(AgentSet set, std::uint64_t index) {
  while (index-- > 0) set &= set - 1;
  return lowest(set);
}

using ObjectId = std::uint16_t;
inline constexpr ObjectId kNoObject = 0xffff;

enum class Kind : std::uint8_t {
  none,
  local,  // touches nothing shared: a yield, the passing of time
  lock,   // exclusive
  lock_shared,
  try_lock,
  unlock,           // a step of its own only where somebody may see that the lock was held
  condvar_enqueue,  // begins to wait, and releases the mutex in the same step
  condvar_wake,     // was notified; takes the mutex next
  condvar_notify,
  acquire,  // a semaphore
  release,
  load,
  store,
  modify,  // atomic read-modify-write
  fence,
  flush,       // a store leaves the buffer (agent)
  refresh,     // a stale copy becomes current (agent)
  bind,        // a late load binds (agent)
  late_value,  // the value of a late load is needed
  spin,        // waits until something that the loop read has changed
  await,       // waits until a condition on an object holds
  rest,        // a server with nothing to do waits for work; it owes nothing meanwhile
  change,      // changes an object that others await
  join,
  access,  // of plain data, where those are visible
  choice,  // not of an actor but of an alternative
};
std::string_view to_string(Kind kind);

// Eight bytes: copied at every step.
struct alignas(8) Operation {
  Kind kind = Kind::none;
  bool memory = false;  // touches shared state in this very step; a store into a buffer does not
  bool timed = false;   // may give up
  bool write = false;
  ObjectId object = kNoObject;
};

// Whether the order of two steps matters. `a` and `b` belong to different agents.
constexpr bool dependent(const Operation& a, const Operation& b) {
  return a.memory && b.memory && a.object == b.object && (a.write || b.write);
}

}  // namespace kvtool::explore
