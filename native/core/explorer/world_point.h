// The hot path of a step, for the files that implement World's operations; not for others.
#pragma once

#include <utility>

#include "core/explorer/strategy.h"
#include "core/explorer/world.h"

#define KVTOOL_HERE __builtin_return_address(0)

namespace kvtool::explore {

// Thrown through the fibers of an execution that is given up. Not a std::exception: catch blocks of the
// program must not take it for one of theirs.
struct TakenDown {};

inline bool World::is_satisfied(unsigned actor, const Operation& operation) const {
  switch (operation.kind) {
    case Kind::lock: {
      const Object& mutex = object_[operation.object];
      return mutex.owner < 0 && mutex.readers == 0;
    }
    case Kind::lock_shared:
      return object_[operation.object].owner < 0;
    case Kind::condvar_wake:
      return (object_[operation.object].notified & bit(actor)) != 0;
    case Kind::acquire:
      return object_[operation.object].value > 0;
    case Kind::join:
      return (ended_ & bit(join_target_[actor])) != 0;
    case Kind::await:
    case Kind::rest:
      return ready_[actor](ready_argument_[actor]);
    case Kind::spin:
      return !spin_once_ && spin_changed(actor);
    case Kind::fence:
    case Kind::modify:
    case Kind::store:
    case Kind::late_value:
      return memory_ready(actor, operation);
    default:
      return true;
  }
}

inline bool World::is_enabled(unsigned actor) const {
  const Operation& operation = pending_[actor];
  return is_satisfied(actor, operation) || (operation.timed && may_time_out(actor));
}

inline void World::announce(unsigned actor, const Operation& operation) {
  pending_[actor] = operation;
  if (operation.object != kNoObject) object_[operation.object].pending |= bit(actor);
  if (is_enabled(actor))
    enabled_ |= bit(actor);
  else
    enabled_ &= ~bit(actor);
}

inline void World::retract(unsigned actor) {
  const Operation& operation = pending_[actor];
  enabled_ &= ~bit(actor);
  if (operation.object == kNoObject) return;
  Object& object = object_[operation.object];
  object.lockers &= ~bit(actor);
  object.pending &= ~bit(actor);
}

inline void World::reconsider(AgentSet actors) {
  for (; actors != 0; actors &= actors - 1) {
    const unsigned actor = lowest(actors);
    if (is_enabled(actor))
      enabled_ |= bit(actor);
    else
      enabled_ &= ~bit(actor);
  }
}

inline bool World::proceed(Kind kind, const void* location) {
  const unsigned self = running_;
  if (traced_) [[unlikely]]
    trail_[self].push_back(callers_from(location));
  if (boot_return_ != nullptr) [[unlikely]]
    Fiber::switch_to(*fiber_[self], *std::exchange(boot_return_, nullptr));
  else
    schedule(*fiber_[self], self);
  if (direct_) [[unlikely]]
    return point_directly(kind);
  return true;
}

inline bool World::point(const Operation& operation, const void* location) {
  if (direct_) [[unlikely]]
    return point_directly(operation.kind);
  announce(running_, operation);
  return proceed(operation.kind, location);
}

}  // namespace kvtool::explore
