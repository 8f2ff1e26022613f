#include "tools/explore/trace.h"

#include <array>
#include <string>
#include <vector>

namespace kvtool::explore {
namespace {

bool is_lock(const World& world, ObjectId object) {
  const World::Type type = world.type_of(object);
  return type == World::Type::mutex || type == World::Type::shared_mutex;
}

// Who has which lock, by name.
Json locks_of(const World& world) {
  Json locks = Json::object();
  for (unsigned object = 0; object < world.object_count(); ++object) {
    const auto id = static_cast<ObjectId>(object);
    if (!is_lock(world, id)) continue;
    Json holders = Json::array();
    for (unsigned actor = 0; actor < world.actor_count(); ++actor)
      if (world.owns(actor, id)) holders.push_back(world.agent_name(actor));
    if (!holders.empty()) locks[world.object_name(id)] = std::move(holders);
  }
  return locks;
}

Json buffers_of(const World& world) {
  Json buffers = Json::object();
  for (unsigned actor = 0; actor < world.actor_count(); ++actor) {
    Json stores = Json::array();
    for (const auto& [object, value] : world.buffered(actor))
      stores.push_back({{"object", world.object_name(object)}, {"value", value}});
    if (!stores.empty()) buffers[world.agent_name(actor)] = std::move(stores);
  }
  return buffers;
}

// Follows a schedule, and notes the state that each step leaves behind.
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
    Json locks, buffers;
  };
  // After so many steps.
  const State& after(unsigned steps) const { return states_.at(steps); }

 private:
  void note(const World& world) {
    if (states_.size() > world.step()) return;
    states_.resize(world.step());
    states_.push_back({locks_of(world), buffers_of(world)});
  }

  Strategy& inner_;
  std::vector<State> states_;
};

Json place_json(const Place& place) {
  if (place.file.empty()) return nullptr;
  return {{"file", place.file}, {"line", place.line}, {"function", place.function}};
}

void put_place(Json& json, const Place& place) {
  if (Json found = place_json(place); !found.is_null()) json["place"] = std::move(found);
}

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

Json standing_json(const World& world, const std::array<unsigned, kMaxActors>& taken, SourcePlaces& places) {
  Json standing = Json::array();
  for (const World::Blocked& actor : world.standing()) {
    Json one{{"actor", world.agent_name(actor.agent)}, {"daemon", actor.daemon}};
    const bool ended = actor.wants.kind == Kind::none;
    one["ended"] = ended;
    Json holds = Json::array();
    for (const ObjectId lock : actor.holds) holds.push_back(resource_name(world, lock));
    one["holds"] = std::move(holds);
    Json owes = Json::array();
    for (const ObjectId object : actor.owes) owes.push_back(resource_name(world, object));
    if (!owes.empty()) one["owes"] = std::move(owes);
    // Who failed stands at nothing that it announced.
    const bool failed = says_who_failed(world.outcome()) && actor.agent == world.failing_agent();
    if (failed) one["failed"] = true;
    if (!ended && !failed) {
      one["operation"] = operation_json(world, actor.wants);
      one["waitsFor"] = wanted(world, actor.agent, actor.wants);
      put_place(one, places.of(world.location_of(actor.agent, taken[actor.agent])));
    }
    standing.push_back(std::move(one));
  }
  return standing;
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

Json operation_json(const World& world, const Operation& operation) {
  Json json{{"kind", to_string(operation.kind)}};
  if (operation.object < world.object_count()) json["object"] = world.object_name(operation.object);
  return json;
}

Json trace(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits,
           SourcePlaces& places) {
  World world(model, limits);
  world.set_traced(true);
  world.set_agent_keys(schedule.agents);
  world.set_unlock_steps(schedule.unlock_steps);
  Replay replayed(schedule);
  Tracer tracer(replayed);
  world.run(program, tracer);

  std::array<unsigned, kMaxActors> taken{};
  Json steps = Json::array();
  for (unsigned i = 0; i < world.steps(); ++i) {
    const AgentId agent = world.agent_of(i);
    const Operation& operation = world.operation_of(i);
    Json step{{"agent", world.agent_name(agent)}};
    step.update(operation_json(world, operation));
    if (operation.kind != Kind::lock || operation.timed) step["value"] = world.value_of(i);
    if (agent < kMaxActors) put_place(step, places.of(world.location_of(agent, taken[agent]++)));
    step["locks"] = tracer.after(i + 1).locks;
    if (const Json& buffers = tracer.after(i + 1).buffers; !buffers.empty()) step["buffers"] = buffers;
    steps.push_back(std::move(step));
  }
  Json actors = Json::array();
  for (unsigned actor = 0; actor < world.actor_count(); ++actor) actors.push_back(world.agent_name(actor));
  Json result{{"outcome", to_string(world.outcome())},
              {"message", world.message()},
              {"followed", replayed.followed()},
              {"actors", std::move(actors)},
              {"steps", std::move(steps)},
              {"standing", standing_json(world, taken, places)}};
  if (says_who_failed(world.outcome())) result["failingActor"] = world.agent_name(world.failing_agent());
  return result;
}

}  // namespace kvtool::explore
