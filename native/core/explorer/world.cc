#include "core/explorer/world.h"

#include <unwind.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/explorer/strategy.h"
#include "core/explorer/world_point.h"

namespace kvtool::explore {

thread_local constinit World* World::current_ = nullptr;

World::World(MemoryModel model, const Limits& limits) : model_(model), limits_(limits) {
  if (limits.steps == 0 || limits.steps > 32'000) throw ModelLimit("steps must be between 1 and 32000");
  if (limits.store_buffer == 0 || limits.store_buffer > 32)
    throw ModelLimit("the store buffer must have between 1 and 32 entries");
  // One more than the limit: a choice may follow the last step.
  who_.resize(limits.steps + 2);
  did_.resize(limits.steps + 2);
}

World::~World() = default;

// ---- one execution

void World::begin_execution(Program& program) {
  program_ = &program;
  objects_ = 0;
  step_count_ = 0;
  plains_.clear();
  choices_.clear();
  spawned_name_.clear();
  outcome_ = Outcome::ok;
  message_.clear();
  enabled_ = begun_ = ended_ = daemons_ = 0;
  spurious_left_ = limits_.spurious_wakeups;
  timeouts_exhausted_ = race_seen_ = agents_grew_ = false;
  plain_steps_ = program.races_are_allowed();
  clocks_on_ = clocks_wanted_ && !plain_steps_;
  clocks_wanted_ = false;
  actors_ = first_actors_ = 0;
  timeouts_.fill(0);
  spin_open_.fill(false);
  if (hashed_) history_.fill({});
  late_.clear();
  if (model_ != MemoryModel::sc)
    for (Buffer& buffer : buffer_) {
      buffer.size = 0;
      buffer.next_sequence = 1;
      buffer.fence = 0;
    }
  if (traced_) {
    values_.assign(limits_.steps + 2, 0);
    for (auto& trail : trail_) trail.clear();
    failed_at_ = {};
  }
}

Outcome World::run(Program& program, Strategy& strategy) {
  begin_execution(program);
  strategy_ = &strategy;
  observed_ = strategy.observes();
  spin_once_ = strategy.spins_once();
  World* const outer = std::exchange(current_, this);
  struct Restore {
    World* outer;
    ~Restore() { current_ = outer; }
  } const restore{outer};

  running_ = 0;
  set_mode(true, false);
  if (clocks_on_) clock_[0] = {};
  program.reset();
  const unsigned first = program.actors();
  if (first > kMaxActors)
    throw ModelLimit("the model has at most " + std::to_string(kMaxActors) + " actors, this one has " +
                     std::to_string(first));
  actors_ = first_actors_ = first;
  if (clocks_on_) {
    // What made the state, under number 0, may have locked and released; all of it is before every actor.
    const ActorClock made = clock_[0];
    for (unsigned i = 0; i < first; ++i) {
      clock_[i] = made;
      fence_clock_[i] = acquire_clock_[i] = {};
      ++clock_[i][i];
    }
  }
  strategy.begin(*this);  // before the actors' first lines, which may choose or start others
  set_mode(false, false);
  for (unsigned i = 0; i < first && outcome_ == Outcome::ok; ++i) run_to_first_point(i, main_);
  if (outcome_ == Outcome::ok) {
    schedule(main_, kMaxAgents);
  }
  if (outcome_ == Outcome::ok && (ended_ | daemons_) == bit(actors_) - 1) {
    running_ = 0;
    set_mode(true, false);
    try {
      program.finish();
    } catch (const TakenDown&) {
    } catch (const std::exception& error) {
      outcome_ = Outcome::exception;
      message_ = std::string("the final check threw: ") + error.what();
    }
  }
  set_mode(true, false);
  strategy.end(*this);
  if (is_failure(outcome_) || traced_) standing_ = stand();
  take_down();
  total_steps_ += step_count_;
  return outcome_;
}

void World::enter_actor(void* argument) {
  World& world = *static_cast<World*>(argument);
  const unsigned self = world.running_;
  try {
    if (self < world.first_actors_) {
      world.program_->run(self);
    } else {
      world.body_[self]();
      world.settle();  // for whoever joins it
    }
  } catch (const TakenDown&) {
  } catch (const std::exception& error) {
    if (!world.unwinding_) {
      world.outcome_ = Outcome::exception;
      world.message_ = std::string("an exception left the actor: ") + error.what();
    }
  } catch (...) {
    if (!world.unwinding_) {
      world.outcome_ = Outcome::exception;
      world.message_ = "an exception that is no std::exception left the actor";
    }
  }
  world.actor_ended(self);
}

void World::actor_ended(unsigned actor) {
  Fiber& self = *fiber_[actor];
  // Taken down, not ended: standing() still says where it stood.
  if (unwinding_) Fiber::switch_to(self, main_);
  ended_ |= bit(actor);
  pending_[actor] = {};
  if (is_failure(outcome_)) {
    failing_agent_ = static_cast<AgentId>(actor);
    Fiber::switch_to(self, main_);
  }
  for (AgentSet others = (bit(actors_) - 1) & ~ended_; others != 0; others &= others - 1) {
    const unsigned other = lowest(others);
    if (pending_[other].kind == Kind::join && join_target_[other] == actor) reconsider(bit(other));
  }
  if (boot_return_ != nullptr)
    Fiber::switch_to(self, *std::exchange(boot_return_, nullptr));  // ended without any operation
  else
    schedule(self, kMaxAgents);
}

void World::run_to_first_point(unsigned actor, Fiber& from) {
  if (fiber_[actor] == nullptr) fiber_[actor] = std::make_unique<Fiber>();
  fiber_[actor]->prepare(&World::enter_actor, this);
  begun_ |= bit(actor);
  pending_[actor] = {};
  const unsigned before = std::exchange(running_, actor);
  boot_return_ = &from;
  Fiber::switch_to(from, *fiber_[actor]);
  boot_return_ = nullptr;
  running_ = before;
}

void World::schedule(Fiber& from, unsigned self) {
  for (;;) {
    if (enabled_ == 0) return end_with(from, classify_block());
    if (step_count_ >= limits_.steps) return end_with(from, Outcome::bound);
    const int picked = strategy_->pick(*this);
    if (picked < 0) return end_with(from, Outcome::pruned);
    const auto agent = static_cast<unsigned>(picked);
    who_[step_count_] = static_cast<AgentId>(agent);
    did_[step_count_] = pending_[agent];
    if (observed_) strategy_->taken(*this, agent);
    ++step_count_;
    if (agent >= kMaxActors) {
      agent_step(agent);
      continue;
    }
    retract(agent);
    if (hashed_) {
      const Operation& operation = pending_[agent];
      history_[agent].mix(std::uint64_t{static_cast<std::uint8_t>(operation.kind)} << 16U | operation.object);
    }
    running_ = agent;
    if (agent == self) return;
    ++total_switches_;
    Fiber::switch_to(from, *fiber_[agent]);
    return;
  }
}

void World::end_with(Fiber& from, Outcome outcome) {
  outcome_ = outcome;
  if (&from != &main_) Fiber::switch_to(from, main_);
}

Outcome World::classify_block() {
  const AgentSet blocked = (bit(actors_) - 1) & ~ended_ & ~daemons_;
  bool spins = false, hangs = false, timed = false;
  for (AgentSet rest = blocked; rest != 0; rest &= rest - 1) {
    const unsigned actor = lowest(rest);
    const Operation& operation = pending_[actor];
    if (operation.kind == Kind::spin) {
      if (spin_changed(actor)) return Outcome::redundant;
      spins = true;
    } else if (operation.timed) {
      timed = true;
    } else {
      hangs = true;
    }
  }
  for (AgentSet rest = daemons_ & ~ended_; rest != 0; rest &= rest - 1) {
    const unsigned actor = lowest(rest);
    if (pending_[actor].kind == Kind::spin && spin_changed(actor)) return Outcome::redundant;
  }
  if (timed) {
    // In truth these waits end, and whoever comes back from one may free the others: all but those that wait
    // for a lock that cannot come back.
    timeouts_exhausted_ = true;
    for (AgentSet rest = blocked; rest != 0; rest &= rest - 1)
      if (waits_for_lost_lock(lowest(rest))) return Outcome::deadlock;
    return Outcome::ok;
  }
  if (spins) return Outcome::livelock;
  return hangs ? Outcome::deadlock : Outcome::ok;
}

// Whether the owners of locks, from the one that `actor` waits for on, come to a cycle or to an actor that
// has ended.
bool World::waits_for_lost_lock(unsigned actor) const {
  for (unsigned hops = 0; hops <= actors_; ++hops) {
    if ((ended_ & bit(actor)) != 0) return true;
    const Operation& wants = pending_[actor];
    if (wants.timed || (wants.kind != Kind::lock && wants.kind != Kind::lock_shared)) return false;
    const int owner = object_[wants.object].owner;
    if (owner < 0) return false;  // shared holders: any of them may go on
    actor = static_cast<unsigned>(owner);
  }
  return true;
}

World::Callers World::callers_from(const void* location) {
  struct Walk {
    const void* from;
    Callers found{};
    std::size_t size = 0;
  } walk{.from = location};
  const auto visit = [](_Unwind_Context* context, void* argument) {
    auto& self = *static_cast<Walk*>(argument);
    const auto* const address = reinterpret_cast<const void*>(_Unwind_GetIP(context));
    if (self.size == 0 && address != self.from) return _URC_NO_REASON;
    self.found[self.size++] = address;
    return self.size == self.found.size() ? _URC_END_OF_STACK : _URC_NO_REASON;
  };
  _Unwind_Backtrace(visit, &walk);
  // Without unwind information there is at least the innermost one.
  if (walk.size == 0) walk.found[0] = location;
  return walk.found;
}

void World::fail(Outcome outcome, std::string message) {
  if (unwinding_ || is_failure(outcome_)) return;
  outcome_ = outcome;
  // Not a move: that may hand the old text's memory to `message`, on a stack that may never be left.
  std::string().swap(message_);
  message_.swap(message);
  failing_agent_ = static_cast<AgentId>(running_);
  if (traced_) failed_at_ = callers_from(__builtin_return_address(0));
  if (quiet_) throw TakenDown();
  Fiber::switch_to(*fiber_[running_], main_);
  throw TakenDown();
}

// Parked fibers of an execution that is over have objects on their stacks. Each is resumed once, and leaves
// by an exception; operations of destructors do nothing meanwhile.
void World::take_down() {
  const AgentSet parked = begun_ & ~ended_;
  if (parked != 0 && !program_->may_be_abandoned()) {
    set_mode(false, true);
    for (AgentSet rest = parked; rest != 0; rest &= rest - 1) {
      running_ = lowest(rest);
      unwinding_operations_ = 0;
      Fiber::switch_to(main_, *fiber_[running_]);
    }
    set_mode(true, false);
  }
  if (actors_ > first_actors_)
    for (unsigned i = first_actors_; i < actors_; ++i) body_[i] = nullptr;
}

bool World::point_directly(Kind kind) {
  if (quiet_) return true;
  // A destructor that waits in a loop for what will never happen: leave the fiber as it is.
  constexpr unsigned kPatience = 10'000;
  if (++unwinding_operations_ > kPatience) Fiber::switch_to(*fiber_[running_], main_);
  // Inside destructors, which must not throw: unlock and join are what they call, and whatever they call
  // while the exception is on its way.
  if (kind == Kind::unlock || kind == Kind::join || std::uncaught_exceptions() > 0) return false;
  throw TakenDown();
}

// ---- actors

unsigned World::spawn(std::string name, std::function<void()> body, bool daemon) {
  if (unwinding_) return running_;
  settle();
  if (actors_ >= kMaxActors)
    throw ModelLimit("the model has at most " + std::to_string(kMaxActors) + " actors");
  const unsigned actor = actors_++;
  if (first_actors_ == 0 && program_->actors() > actor)
    throw ModelLimit("a model's state must not start threads; let an actor do it");
  spawned_name_.push_back(std::move(name));
  body_[actor] = std::move(body);
  if (daemon) daemons_ |= bit(actor);
  if (clocks_on_) {
    clock_[actor] = clock_[running_];
    ++clock_[running_][running_];
    clock_[actor][actor] = 1;
    fence_clock_[actor] = acquire_clock_[actor] = {};
  }
  if (hashed_) {
    history_[actor] = history_[running_];
    history_[actor].mix(actor);
  }
  if (model_ == MemoryModel::arm) refresh_all(actor);
  if (observed_) strategy_->started(*this, running_, actor);
  run_to_first_point(actor, *fiber_[running_]);
  if (is_failure(outcome_)) {  // the new actor failed before its first operation
    Fiber::switch_to(*fiber_[running_], main_);
    throw TakenDown();
  }
  return actor;
}

void World::join(unsigned actor) {
  const unsigned self = running_;
  join_target_[self] = static_cast<std::uint8_t>(actor);
  if (!point({.kind = Kind::join}, KVTOOL_HERE)) return;
  if (clocks_on_) clock_[self].join(clock_[actor]);
  see_stores();
  record_value(static_cast<std::int64_t>(actor));
}

std::string World::agent_name(unsigned agent) const {
  if (agent < first_actors_) return program_->actor_name(agent);
  if (agent < kMaxActors)
    return agent < actors_ ? spawned_name_[agent - first_actors_] : numbered("T", agent);
  const MemoryAgent& memory = memory_agent_[agent];
  std::string name = agent_name(memory.actor);
  name += memory.kind == Kind::flush  ? "'s store buffer"
          : memory.kind == Kind::bind ? "'s late load"
                                      : "'s copy";
  if (memory.object != kNoObject) name += " of " + object_name(memory.object);
  return name;
}

std::string World::object_name(ObjectId object) const {
  if (object == kNoObject) return {};
  if (!name_[object].empty()) return std::string(name_[object]);
  static constexpr const char* kTypes[] = {"mutex",  "shared mutex", "condvar", "semaphore",
                                           "atomic", "plain",        "signal",  "thread"};
  return numbered(std::string(kTypes[static_cast<unsigned>(object_[object].type)]) + "#", object);
}

std::vector<World::Blocked> World::stand() const {
  std::vector<Blocked> all;
  for (unsigned actor = 0; actor < actors_; ++actor) {
    Blocked one{.agent = actor, .daemon = (daemons_ & bit(actor)) != 0, .wants = {}, .holds = {}, .owes = {}};
    if ((begun_ & ~ended_ & bit(actor)) != 0) one.wants = pending_[actor];
    for (unsigned object = 0; object < objects_; ++object)
      if ((object_[object].type == Type::mutex || object_[object].type == Type::shared_mutex) &&
          owns(actor, static_cast<ObjectId>(object)))
        one.holds.push_back(static_cast<ObjectId>(object));
    for (unsigned object = 0; object < objects_; ++object)
      if (const Completion& of = completers_[object];
          of.completers != nullptr &&
          (of.completers(static_cast<ObjectId>(object), of.argument) & bit(actor)) != 0)
        one.owes.push_back(static_cast<ObjectId>(object));
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<ObjectId> World::spin_reads(unsigned actor) const {
  std::vector<ObjectId> objects;
  for (const SpinRead& read : spin_reads_[actor]) objects.push_back(read.object);
  return objects;
}

// ---- objects

ObjectId World::create(Type type, std::string_view name) {
  if (objects_ >= kMaxObjects)
    throw ModelLimit("the model has at most " + std::to_string(kMaxObjects) + " synchronisation objects");
  const unsigned id = objects_++;
  object_[id] = Object{};
  object_[id].type = type;
  name_[id] = name;
  completers_[id] = {};
  if (clocks_on_) sync_[id] = {};
  return static_cast<ObjectId>(id);
}

void World::rename(ObjectId object, std::string name) {
  name_[object] = *kept_names_.insert(std::move(name)).first;
}

}  // namespace kvtool::explore
