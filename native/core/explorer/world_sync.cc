// World's operations on locks, condition variables, semaphores and conditions.
#include <string>

#include "core/explorer/world.h"
#include "core/explorer/world_point.h"

namespace kvtool::explore {

// What releases (an unlock, a semaphore's release, a change that others await, the end of a thread) lets the
// actor's earlier stores reach memory first. A processor only keeps the order, so this is stronger: a store
// inside a critical section and a load behind it are never seen the other way round.
void World::settle_buffer() {
  if (direct_ || buffer_[running_].next_sequence == 1) return;
  operation_order_[running_] = static_cast<std::uint8_t>(Order::seq_cst);
  try {
    point({.kind = Kind::fence}, KVTOOL_HERE);
  } catch (const TakenDown&) {
    // Unlocks come from destructors, which must not throw; the actor's next operation does.
  }
}

// ---- locks

inline void World::acquired(ObjectId mutex) {
  Object& object = object_[mutex];
  object.owner = static_cast<std::int16_t>(running_);
  lock_changed(object);
  if (clocks_on_) clock_[running_].join(sync_[mutex]);
  see_stores();
}

inline void World::released(ObjectId mutex) {
  Object& object = object_[mutex];
  object.owner = -1;
  lock_changed(object);
  if (clocks_on_) {
    sync_[mutex].join(clock_[running_]);
    ++clock_[running_][running_];
  }
  if (observed_) strategy_->unlocked(*this, mutex, false);
}

// The most frequent operation by far, so announced by hand.
inline bool World::lock_point(ObjectId mutex, const void* location) {
  if (direct_) [[unlikely]]
    return point_directly(Kind::lock);
  const unsigned self = running_;
  pending_[self] = {.kind = Kind::lock, .memory = true, .write = true, .object = mutex};
  Object& object = object_[mutex];
  object.lockers |= bit(self);
  if (object.owner < 0 && object.readers == 0) enabled_ |= bit(self);
  return proceed(Kind::lock, location);
}

void World::lock(ObjectId mutex) {
  if (lock_point(mutex, KVTOOL_HERE)) acquired(mutex);
}

bool World::try_lock(ObjectId mutex) {
  saw_try_lock_ = true;
  if (!point({.kind = Kind::try_lock, .memory = true, .write = true, .object = mutex}, KVTOOL_HERE))
    return false;
  const bool free = object_[mutex].owner < 0 && object_[mutex].readers == 0;
  if (free) acquired(mutex);
  learn(free ? 1 : 0);
  record_value(free ? 1 : 0);
  return free;
}

bool World::resolve_timed(const Operation& operation) {
  const bool got = quiet_ || is_satisfied(running_, operation);
  if (!got) ++timeouts_[running_];
  learn(got ? 1 : 2);
  record_value(got ? 1 : 0);
  return got;
}

bool World::lock_timed(ObjectId mutex) {
  saw_try_lock_ = true;
  const Operation operation{
      .kind = Kind::lock, .memory = true, .timed = true, .write = true, .object = mutex};
  if (!point(operation, KVTOOL_HERE) || !resolve_timed(operation)) return false;
  acquired(mutex);
  return true;
}

void World::unlock(ObjectId mutex) {
  if (unwinding_) return;
  if (object_[mutex].owner != static_cast<int>(running_) && !quiet_)
    return fail(Outcome::exception,
                agent_name(running_) + " unlocks " + object_name(mutex) +
                    (object_[mutex].owner < 0
                         ? ", which nobody holds"
                         : ", which " + agent_name(static_cast<unsigned>(object_[mutex].owner)) + " holds"));
  settle();
  if (unwinding_) return;
  if (unlock_steps_ &&
      !point({.kind = Kind::unlock, .memory = true, .write = true, .object = mutex}, KVTOOL_HERE))
    return;
  released(mutex);
}

void World::lock_recursive(ObjectId mutex) {
  Object& object = object_[mutex];
  if (object.owner == static_cast<int>(running_)) {
    ++object.depth;
    return;
  }
  if (!lock_point(mutex, KVTOOL_HERE)) return;
  object.depth = 1;
  acquired(mutex);
}

bool World::try_lock_recursive(ObjectId mutex) {
  Object& object = object_[mutex];
  if (object.owner == static_cast<int>(running_)) {
    ++object.depth;
    return true;
  }
  if (!try_lock(mutex)) return false;
  object.depth = 1;
  return true;
}

void World::unlock_recursive(ObjectId mutex) {
  if (unwinding_) return;
  Object& object = object_[mutex];
  if (object.owner == static_cast<int>(running_) && object.depth > 1) {
    --object.depth;
    return;
  }
  object.depth = 0;
  unlock(mutex);
}

void World::lock_shared(ObjectId mutex) {
  if (!point({.kind = Kind::lock_shared, .memory = true, .object = mutex}, KVTOOL_HERE)) return;
  object_[mutex].readers |= bit(running_);
  lock_changed(object_[mutex]);
  if (clocks_on_) clock_[running_].join(sync_[mutex]);
  see_stores();
}

bool World::try_lock_shared(ObjectId mutex) {
  saw_try_lock_ = true;
  if (!point({.kind = Kind::try_lock, .memory = true, .object = mutex}, KVTOOL_HERE)) return false;
  const bool free = object_[mutex].owner < 0;
  learn(free ? 1 : 0);
  record_value(free ? 1 : 0);
  if (!free) return false;
  object_[mutex].readers |= bit(running_);
  lock_changed(object_[mutex]);
  if (clocks_on_) clock_[running_].join(sync_[mutex]);
  see_stores();
  return true;
}

void World::unlock_shared(ObjectId mutex) {
  if (unwinding_) return;
  if ((object_[mutex].readers & bit(running_)) == 0 && !quiet_)
    return fail(Outcome::exception, agent_name(running_) + " unlocks " + object_name(mutex) +
                                        " (shared), which it does not hold");
  settle();
  if (unwinding_) return;
  if (unlock_steps_ &&
      !point({.kind = Kind::unlock, .memory = true, .write = true, .object = mutex}, KVTOOL_HERE))
    return;
  object_[mutex].readers &= ~bit(running_);
  lock_changed(object_[mutex]);
  if (clocks_on_) {
    sync_[mutex].join(clock_[running_]);
    ++clock_[running_][running_];
  }
  if (observed_) strategy_->unlocked(*this, mutex, true);
}

// ---- condition variables

bool World::wait_on_condvar(ObjectId condvar, ObjectId mutex, bool timed, const void* location) {
  if (object_[mutex].owner != static_cast<int>(running_) && !direct_) {
    fail(Outcome::exception,
         agent_name(running_) + " waits on " + object_name(condvar) + " without holding its mutex");
    return true;
  }
  settle();
  if (!point({.kind = Kind::condvar_enqueue, .memory = true, .write = true, .object = condvar}, location))
    return true;
  if (quiet_) return true;
  const unsigned self = running_;
  object_[condvar].waiters |= bit(self);
  released(mutex);
  // A wake-up for no reason is a choice of the schedule, as many as were asked for.
  if (spurious_left_ > 0 && choose(2) == 1) {
    --spurious_left_;
    object_[condvar].waiters &= ~bit(self);
    object_[condvar].notified |= bit(self);
  }
  const Operation wake{
      .kind = Kind::condvar_wake, .memory = true, .timed = timed, .write = true, .object = condvar};
  if (!point(wake, location)) return true;
  bool notified = true;
  if (timed) notified = resolve_timed(wake);
  object_[condvar].waiters &= ~bit(self);
  object_[condvar].notified &= ~bit(self);
  if (clocks_on_) clock_[self].join(sync_[condvar]);
  if (lock_point(mutex, location)) acquired(mutex);
  return notified;
}

void World::condvar_wait(ObjectId condvar, ObjectId mutex) {
  wait_on_condvar(condvar, mutex, false, KVTOOL_HERE);
}

bool World::condvar_wait_timed(ObjectId condvar, ObjectId mutex) {
  return wait_on_condvar(condvar, mutex, true, KVTOOL_HERE);
}

void World::condvar_notify(ObjectId condvar, bool all) {
  if (!point({.kind = Kind::condvar_notify, .memory = true, .write = true, .object = condvar}, KVTOOL_HERE))
    return;
  Object& object = object_[condvar];
  AgentSet woken = object.waiters;
  record_value(count(woken));
  if (woken == 0) return;
  if (!all && (woken & (woken - 1)) != 0) woken = bit(member(woken, choose(count(woken))));
  object.waiters &= ~woken;
  object.notified |= woken;
  reconsider(object.pending);
}

// ---- semaphores

void World::take_semaphore(ObjectId semaphore) {
  --object_[semaphore].value;
  touch(object_[semaphore]);
  observe_clock(semaphore);
  see_stores();
}

void World::semaphore_acquire(ObjectId semaphore) {
  if (!point({.kind = Kind::acquire, .memory = true, .write = true, .object = semaphore}, KVTOOL_HERE))
    return;
  take_semaphore(semaphore);
}

bool World::semaphore_try_acquire(ObjectId semaphore) {
  if (!point({.kind = Kind::try_lock, .memory = true, .write = true, .object = semaphore}, KVTOOL_HERE))
    return false;
  const bool got = object_[semaphore].value > 0;
  learn(got ? 1 : 0);
  record_value(got ? 1 : 0);
  if (got) take_semaphore(semaphore);
  return got;
}

bool World::semaphore_acquire_timed(ObjectId semaphore) {
  const Operation operation{
      .kind = Kind::acquire, .memory = true, .timed = true, .write = true, .object = semaphore};
  if (!point(operation, KVTOOL_HERE) || !resolve_timed(operation)) return false;
  take_semaphore(semaphore);
  return true;
}

void World::semaphore_release(ObjectId semaphore, std::int64_t amount) {
  settle();
  if (!point({.kind = Kind::release, .memory = true, .write = true, .object = semaphore}, KVTOOL_HERE))
    return;
  object_[semaphore].value += amount;
  touch(object_[semaphore]);
  publish_clock(semaphore);
}

// ---- conditions

void World::yield() { point({.kind = Kind::local}, KVTOOL_HERE); }

void World::sleep() { point({.kind = Kind::local, .timed = true}, KVTOOL_HERE); }

void World::await(ObjectId object, Ready ready, void* argument) {
  ready_[running_] = ready;
  ready_argument_[running_] = argument;
  if (!point({.kind = Kind::await, .memory = true, .object = object}, KVTOOL_HERE)) return;
  observe_clock(object);
  see_stores();
}

void World::rest(ObjectId object, Ready ready, void* argument) {
  ready_[running_] = ready;
  ready_argument_[running_] = argument;
  if (!point({.kind = Kind::rest, .memory = true, .object = object}, KVTOOL_HERE)) return;
  observe_clock(object);
  see_stores();
}

bool World::await_timed(ObjectId object, Ready ready, void* argument) {
  ready_[running_] = ready;
  ready_argument_[running_] = argument;
  const Operation operation{.kind = Kind::await, .memory = true, .timed = true, .object = object};
  if (!point(operation, KVTOOL_HERE)) return false;
  observe_clock(object);
  see_stores();
  return resolve_timed(operation);
}

void World::change(ObjectId object, void (*apply)(void*), void* argument) {
  settle();
  if (!point({.kind = Kind::change, .memory = true, .write = true, .object = object}, KVTOOL_HERE)) return;
  apply(argument);
  changed(object);
}

void World::changed(ObjectId object) {
  if (unwinding_) return;
  ++object_[object].version;
  publish_clock(object);
  reconsider(object_[object].pending);
  if (observed_) strategy_->completed(*this, object);
}

unsigned World::choose(unsigned alternatives) {
  if (unwinding_ || alternatives < 2) return 0;
  if (alternatives > 255) throw ModelLimit("a choice has at most 255 alternatives");
  const unsigned chosen = quiet_ ? 0 : strategy_->choose(*this, alternatives);
  if (quiet_) return chosen;
  choices_.push_back(static_cast<std::uint8_t>(chosen));
  learn(chosen);
  return chosen;
}

// ---- spinning

void World::spin_begin() {
  if (direct_) return;
  const unsigned self = running_;
  spin_open_[self] = true;
  spin_reads_[self].clear();
  if (hashed_) spin_history_[self] = history_[self];
}

bool World::spin_changed(unsigned actor) const {
  for (const SpinRead& read : spin_reads_[actor]) {
    const std::int64_t now = read.by_version ? object_[read.object].version : view(actor, read.object);
    if (now != read.seen) return true;
  }
  return false;
}

void World::spin_wait() {
  if (direct_) return void(point_directly(Kind::spin));
  const unsigned self = running_;
  const AgentSet me = bit(self);
  for (const SpinRead& read : spin_reads_[self]) object_[read.object].pending |= me;
  // The first thing that it read names the wait.
  const bool going_on = point({.kind = Kind::spin}, KVTOOL_HERE);
  if (!going_on) return;
  for (const SpinRead& read : spin_reads_[self]) object_[read.object].pending &= ~me;
  spin_reads_[self].clear();
  if (hashed_) history_[self] = spin_history_[self];
}

}  // namespace kvtool::explore
