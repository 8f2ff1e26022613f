// A trace as JSON, with lines of the source; the type in TypeScript is Trace of src/model/trace.ts, change
// both together.
#pragma once

#include "core/explorer/trace.h"
#include "tools/explore/output.h"
#include "tools/explore/source_places.h"

namespace kvtool::explore {

// Runs `schedule` once. REQUIRES: not inside an execution.
Json trace(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits,
           SourcePlaces& places);

}  // namespace kvtool::explore
