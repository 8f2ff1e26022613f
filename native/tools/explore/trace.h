// A trace: what an execution did step by step, where every actor stands at its end, and who has which lock in
// between. As JSON; the type in TypeScript is Trace of src/model/trace.ts, change both together.
#pragma once

#include "core/explorer/explorer.h"
#include "tools/explore/output.h"
#include "tools/explore/source_places.h"

namespace kvtool::explore {

// Runs `schedule` once. REQUIRES: not inside an execution.
Json trace(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits,
           SourcePlaces& places);

// "lock", "mutex A" and so on: what `operation` is called in a trace.
Json operation_json(const World& world, const Operation& operation);

// "mutex:A", "condvar:full": the object as a resource of the diagnosis.
std::string resource_name(const World& world, ObjectId object);

}  // namespace kvtool::explore
