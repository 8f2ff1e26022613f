// A schedule as one line of text, which gives the same trace on any machine and build of the same version:
//
//   kv1.abba.buggy.sc.threads=3.4fd20c9b11e0:>t0;t0,1>t1;t1,1>t2!0,1
//
//   kv1            version of this format and of what the explorer counts as a step
//   abba.buggy.sc  scenario, variant, memory model
//   threads=3      what differs from the scenario's own parameters and limits, by commas; `@steps` is a limit
//   4fd2...        four digits each for the variant, the parameters and the limits, standard values included
//   t0,1>t1        after the 1st step of t0 in all, t1 runs; >t0: t0 runs first
//   !0,1           choices, in the order in which they are made
//
// tN is the program's actor number N. Agents of the memory model: bN the store buffer of actor N (TSO), bN.C
// its stores of cell C (PSO and ARM), cN.C its copy of cell C, lN.C its late loads of cell C. A `u` before
// the first point says that unlocks are steps.
#pragma once

#include <string>
#include <string_view>

#include "core/explorer/catalog.h"
#include "core/explorer/strategies.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

// To be raised whenever the same choices give other steps than before, or the text changes.
inline constexpr unsigned kScheduleVersion = 1;
// What a line may have at most: it is read from files that anybody wrote.
inline constexpr std::size_t kLongestSchedule = 1U << 20U;

// Everything that a replay needs.
struct ScheduleLine {
  std::string scenario;
  std::string variant;
  MemoryModel model = MemoryModel::sc;
  Parameters parameters;  // complete
  Limits limits;
  Schedule schedule;
};

std::string to_text(const Scenario& scenario, const ScheduleLine& line);

// The line that `text` stands for, blanks around it left out. Throws std::invalid_argument, in the words of
// found and expected: no such line, another version, a scenario or variant that is not in `scenarios`,
// parameters, limits or standards that are not this build's, a point that names nobody.
ScheduleLine parse_schedule(std::string_view text,
                            const std::map<std::string, Scenario, std::less<>>& scenarios);

// "t0", "b1", "c1.5" and so on.
std::string agent_text(unsigned agent, const std::vector<World::AgentKey>& agents);

// By name: "sc", "tso", "pso", "arm". Throws std::invalid_argument.
MemoryModel memory_model(std::string_view name);

// The limits that a user may set, by name: "steps", "timeouts", "spurious-wakeups", "store-buffer".
// Throws std::invalid_argument: an unknown name, a value out of range.
void set_limit(Limits& limits, std::string_view name, std::int64_t value);

}  // namespace kvtool::explore
