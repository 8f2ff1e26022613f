// Comparison: what the fixed variant does under the schedule that makes another one fail.
#pragma once

#include "core/explorer/explorer.h"
#include "tools/explore/output.h"
#include "tools/explore/source_places.h"

namespace kvtool::explore {

// Takes the steps of `failing` (as `schedule` makes them) in `fixed`, agent by agent, as far as it lets them,
// and then on to an end. Tells the first step at which the fixed program does something else, and the first
// at which it does not let the agent in. Null when the two cannot be compared.
Json compare(Program& failing, const Schedule& schedule, Program& fixed, MemoryModel model,
             const Limits& limits, SourcePlaces& places);

}  // namespace kvtool::explore
