// A trace as a table for people: a row for each step, a column for each agent, and who has which lock.
#pragma once

#include <map>
#include <string>

#include "core/explorer/trace.h"
#include "explore/source_lines.h"

namespace kvtool::explore {

// Lines of text, each ended. `lines`: where the addresses of the trace lie; may be empty.
std::string trace_table(const Trace& trace, const std::map<const void*, SourceLine>& lines);

// "T0 holds a and waits for b, which T1 holds": whom nothing will let go on, a line for each.
std::string standing_text(const Trace& trace);

}  // namespace kvtool::explore
