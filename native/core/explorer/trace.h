// Trace: what an execution did step by step, where every actor stands at its end, and who has which lock in
// between. Plain data; code addresses and not lines, which need debug information.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/explorer/explorer.h"

namespace kvtool::explore {

// Who has which lock, by name; locks that nobody has are left out.
using LockHolders = std::vector<std::pair<std::string, std::vector<std::string>>>;
// What an actor has stored and others do not see yet, oldest first: object and value.
using BufferedStores = std::vector<std::pair<std::string, std::int64_t>>;

struct TraceStep {
  unsigned agent = 0;
  std::string agent_name;
  Operation operation;
  std::string object;  // by name; empty for what has none
  std::int64_t value = 0;
  World::Callers callers{};  // null for agents of the memory model
  LockHolders locks;         // after the step
  std::vector<std::pair<std::string, BufferedStores>> buffers;
};

struct Standing {
  std::string actor;
  bool daemon = false, ended = false;
  bool failed = false;               // ended the execution by what it did; then it waits for nothing
  std::vector<std::string> holds;    // resources, see resource_name()
  std::vector<std::string> owes;     // what others await and this one has to complete
  Operation operation;               // that it announced, unless it has ended or failed
  std::string object;                // of that operation
  std::string waits_for;             // a resource
  std::vector<std::string> held_by;  // who has the lock that it waits for
  World::Callers callers{};
};

struct Trace {
  Outcome outcome = Outcome::ok;
  std::string message;
  bool followed = false;  // every point of the schedule was met as it stands
  std::vector<std::string> actors;
  std::vector<TraceStep> steps;
  std::vector<Standing> standing;
  std::string failing_actor;  // empty where it is not one actor that failed
  World::Callers failed_at{};
};

// Runs `schedule` once. REQUIRES: not inside an execution.
Trace trace_of(Program& program, const Schedule& schedule, MemoryModel model, const Limits& limits);

// "mutex:A", "condvar:full": the object as a resource of the diagnosis.
std::string resource_name(const World& world, ObjectId object);

}  // namespace kvtool::explore
