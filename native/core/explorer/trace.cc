#include "core/explorer/trace.h"

#include <array>

namespace kvtool::explore {
namespace {

bool is_lock(const World& world, ObjectId object) {
  const World::Type type = world.type_of(object);
  return type == World::Type::mutex || type == World::Type::shared_mutex;
}

std::vector<std::string> holders_of(const World& world, ObjectId lock) {
  std::vector<std::string> holders;
  for (unsigned actor = 0; actor < world.actor_count(); ++actor)
    if (world.owns(actor, lock)) holders.push_back(world.agent_name(actor));
  return holders;
}

// What each step leaves behind, noted while it is replayed.
class Tracer final : public Strategy {
 public:
  explicit Tracer(Strategy& inner) : inner_(inner) {}
  void begin(World& world) override { inner_.begin(world); }
  int pick(World& world) override {
    note(world);
    return inner_.pick(world);
  }
  unsigned choose(World& world, unsigned alternatives) override { return inner_.choose(world, alternatives); }
  void end(World& world) override { note(world); }

  struct State {
    LockHolders locks;
    std::vector<std::pair<std::string, BufferedStores>> buffers;
  };
  // After so many steps.
  const State& after(unsigned steps) const { return states_.at(steps); }

 private:
  void note(const World& world) {
    if (states_.size() > world.step()) return;
    states_.resize(world.step());
    State state;
    for (unsigned object = 0; object < world.object_count(); ++object) {
      const auto id = static_cast<ObjectId>(object);
      if (!is_lock(world, id)) continue;
      if (auto holders = holders_of(world, id); !holders.empty())
        state.locks.emplace_back(world.object_name(id), std::move(holders));
    }
    for (unsigned actor = 0; actor < world.actor_count(); ++actor) {
      BufferedStores stores;
      for (const auto& [object, value] : world.buffered(actor))
        stores.emplace_back(world.object_name(object), value);
      if (!stores.empty()) state.buffers.emplace_back(world.agent_name(actor), std::move(stores));
    }
    states_.push_back(std::move(state));
  }

  Strategy& inner_;
  std::vector<State> states_;
};

// What an actor that has not ended waits for, as a resource of the diagnosis.
std::string wanted(const World& world, unsigned actor, const Operation& operation) {
  if (operation.kind == Kind::join) return "thread:" + world.agent_name(world.join_target(actor));
  if (operation.kind == Kind::spin) {
    const std::vector<ObjectId> reads = world.spin_reads(actor);
    return reads.empty() ? "a change" : resource_name(world, reads.front());
  }
  return operation.object == kNoObject ? std::string(to_string(operation.kind))
                                       : resource_name(world, operation.object);
}

bool says_who_failed(Outcome outcome) {
  return is_failure(outcome) && outcome != Outcome::deadlock && outcome != Outcome::livelock;
}

std::string object_of(const World& world, const Operation& operation) {
  return operation.object < world.object_count() ? world.object_name(operation.object) : std::string();
}

Standing standing_of(const World& world, const World::Blocked& actor, unsigned taken) {
  Standing one;
  one.actor = world.agent_name(actor.agent);
  one.daemon = actor.daemon;
  one.ended = actor.wants.kind == Kind::none;
  for (const ObjectId lock : actor.holds) one.holds.push_back(resource_name(world, lock));
  for (const ObjectId object : actor.owes) one.owes.push_back(resource_name(world, object));
  // Who failed stands at nothing that it announced.
  one.failed = says_who_failed(world.outcome()) && actor.agent == world.failing_agent();
  if (one.ended || one.failed) return one;
  one.operation = actor.wants;
  one.object = object_of(world, actor.wants);
  one.waits_for = wanted(world, actor.agent, actor.wants);
  if (actor.wants.object < world.object_count() && is_lock(world, actor.wants.object))
    one.held_by = holders_of(world, actor.wants.object);
  one.callers = world.callers_of(actor.agent, taken);
  return one;
}

// From the explorer's type to the diagnosis's kind of resource.
const char* resource_kind(World::Type type) {
  switch (type) {
    case World::Type::mutex:
      return "mutex";
    case World::Type::shared_mutex:
      return "rwlock";
    case World::Type::condvar:
      return "condvar";
    case World::Type::semaphore:
      return "semaphore";
    case World::Type::thread:
      return "thread";
    case World::Type::signal:
      return "signal";
    case World::Type::cell:
    case World::Type::plain:
      return "variable";
  }
  return "other";
}

}  // namespace

std::string resource_name(const World& world, ObjectId object) {
  std::string name = world.object_name(object);
  // Locks that real runs name `kind:name` have that name here, too.
  if (name.find(':') != std::string::npos) return name;
  if (name == "GIL" || name.starts_with("GIL#")) return "runtime-lock:" + name;
  return resource_kind(world.type_of(object)) + (':' + name);
}

Trace trace_of(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits) {
  World world(model, limits);
  world.set_traced(true);
  world.set_agent_keys(schedule.agents);
  world.set_unlock_steps(schedule.unlock_steps);
  Replay replayed(schedule);
  Tracer tracer(replayed);
  world.run(program, tracer);

  Trace trace;
  trace.outcome = world.outcome();
  trace.message = world.message();
  trace.followed = replayed.followed();
  std::array<unsigned, kMaxActors> taken{};
  for (unsigned i = 0; i < world.steps(); ++i) {
    TraceStep step;
    step.agent = world.agent_of(i);
    step.agent_name = world.agent_name(step.agent);
    step.operation = world.operation_of(i);
    step.object = object_of(world, step.operation);
    step.value = world.value_of(i);
    if (step.agent < kMaxActors) step.callers = world.callers_of(step.agent, taken[step.agent]++);
    step.locks = tracer.after(i + 1).locks;
    step.buffers = tracer.after(i + 1).buffers;
    trace.steps.push_back(std::move(step));
  }
  for (unsigned actor = 0; actor < world.actor_count(); ++actor)
    trace.actors.push_back(world.agent_name(actor));
  for (const World::Blocked& actor : world.standing())
    trace.standing.push_back(standing_of(world, actor, taken[actor.agent]));
  if (says_who_failed(trace.outcome)) {
    trace.failing_actor = world.agent_name(world.failing_agent());
    trace.failed_at = world.failed_at();
  }
  return trace;
}

}  // namespace kvtool::explore
