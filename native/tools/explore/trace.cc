#include "tools/explore/trace.h"

#include <string>
#include <vector>

namespace kvtool::explore {
namespace {

Json place_json(const Place& place) {
  if (place.file.empty()) return nullptr;
  return {{"file", place.file}, {"line", place.line}, {"function", place.function}};
}

void put_place(Json& json, const Place& place) {
  if (Json found = place_json(place); !found.is_null()) json["place"] = std::move(found);
}

Json operation_json(const Operation& operation, const std::string& object) {
  Json json{{"kind", to_string(operation.kind)}};
  if (!object.empty()) json["object"] = object;
  return json;
}

Json step_json(const TraceStep& step, SourcePlaces& places) {
  Json json{{"agent", step.agent_name}};
  json.update(operation_json(step.operation, step.object));
  if (step.operation.kind != Kind::lock || step.operation.timed) json["value"] = step.value;
  if (step.callers[0] != nullptr) put_place(json, places.of(step.callers[0]));
  Json locks = Json::object();
  for (const auto& [lock, holders] : step.locks) locks[lock] = holders;
  json["locks"] = std::move(locks);
  for (const auto& [actor, stores] : step.buffers)
    for (const auto& [object, value] : stores)
      json["buffers"][actor].push_back({{"object", object}, {"value", value}});
  return json;
}

Json standing_json(const Standing& standing, SourcePlaces& places) {
  Json json{{"actor", standing.actor},
            {"daemon", standing.daemon},
            {"ended", standing.ended},
            {"holds", standing.holds}};
  if (!standing.owes.empty()) json["owes"] = standing.owes;
  if (standing.failed) json["failed"] = true;
  if (!standing.ended && !standing.failed) {
    json["operation"] = operation_json(standing.operation, standing.object);
    json["waitsFor"] = standing.waits_for;
    put_place(json, places.of(standing.callers[0]));
  }
  return json;
}

}  // namespace

Json trace(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits,
           SourcePlaces& places) {
  const Trace traced = trace_of(program, schedule, model, limits);
  Json steps = Json::array();
  for (const TraceStep& step : traced.steps) steps.push_back(step_json(step, places));
  Json standing = Json::array();
  for (const Standing& actor : traced.standing) standing.push_back(standing_json(actor, places));
  Json result{{"outcome", to_string(traced.outcome)},
              {"message", traced.message},
              {"followed", traced.followed},
              {"actors", traced.actors},
              {"steps", std::move(steps)},
              {"standing", std::move(standing)}};
  if (!traced.failing_actor.empty()) result["failingActor"] = traced.failing_actor;
  return result;
}

}  // namespace kvtool::explore
