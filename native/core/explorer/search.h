// The exhaustive searches. Each runs executions one after another until its space is done:
//
//   CachedSearch search;
//   world.set_hashed(true);
//   do world.run(program, search); while (search.next(world));
//
// CachedSearch is depth-first search that turns back at a state it has met: a state is every actor's history
// of operations and observed values, the objects, and the program's fingerprint. It is the quicker one where
// locks and plain data decide. DporSearch (source sets with sleep sets, Abdulla et al., POPL 2014) runs one
// execution for each class of executions that differ only in the order of independent steps; it is the
// quicker one where many agents are independent, such as store buffers. It knows exclusive locks, semaphores,
// atomics and fences under sc, tso and pso; shared locks, condition variables, timeouts and conditions are
// left to the other one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/explorer/hash.h"
#include "core/explorer/strategy.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

class Search : public Strategy {
 public:
  bool spins_once() const override { return true; }
  // After an execution: goes back to the last decision with an alternative left. False when there is none:
  // the space is done. Starts over when the world learnt of agents or of visible unlocks on the way.
  virtual bool next(World& world) = 0;
  // For reports: distinct states met, or 0 where the search does not count them.
  virtual std::uint64_t states() const = 0;
  // False once the program did something that this search cannot reason about: it proves nothing then.
  virtual bool applies() const { return true; }
  virtual std::size_t bytes() const = 0;
};

class CachedSearch final : public Search {
 public:
  void begin(World&) override { cursor_ = 0; }
  int pick(World& world) override;
  unsigned choose(World& world, unsigned alternatives) override;
  bool next(World& world) override;
  std::uint64_t states() const override { return visited_.size(); }
  std::size_t bytes() const override { return visited_.bytes() + stack_.capacity() * sizeof(Node); }

 private:
  struct Node {
    AgentSet rest;  // alternatives not taken yet: agents, or the numbers of a choice
    std::uint16_t chosen;
    std::uint16_t alternatives;  // of a choice; 0: the node picks an agent
  };
  std::vector<Node> stack_;
  std::size_t cursor_ = 0;
  unsigned last_ = 0;
  bool boot_choices_ = false;
  StateSet visited_;
};

class DporSearch final : public Search {
 public:
  DporSearch();
  void begin(World& world) override;
  int pick(World& world) override;
  unsigned choose(World& world, unsigned alternatives) override;
  void taken(World& world, unsigned agent) override;
  void unlocked(World& world, ObjectId object, bool shared) override;
  void started(World& world, unsigned by, unsigned actor) override;
  void end(World& world) override;
  bool observes() const override { return true; }
  bool next(World& world) override;
  std::uint64_t states() const override { return 0; }
  bool applies() const override { return applies_; }
  std::size_t bytes() const override { return stack_.capacity() * sizeof(Node); }

 private:
  using Clock = std::array<std::uint16_t, kMaxAgents>;
  struct Node {
    AgentSet enabled = 0, back = 0, done = 0, sleep = 0;
    std::uint16_t chosen = 0;
    std::uint16_t alternatives = 0;  // of a choice
    std::array<Operation, kMaxAgents> next;
  };
  struct Event {
    Clock clock;
    std::uint16_t index;  // of the step among those of its agent, from 1
    std::uint32_t node;
  };

  void join(Clock& into, const Clock& from) const;
  bool ordered_by_buffer(const World& world, unsigned actor, const Operation& operation, unsigned flush,
                         const Operation& flushed) const;
  bool dependent_agents(const World& world, unsigned a, const Operation& of_a, unsigned b,
                        const Operation& of_b) const;
  void find_races(const World& world, unsigned agent, const Operation& operation);
  void advance(const World& world, unsigned agent, const Operation& operation);
  void add_backtrack(const World& world, unsigned step, unsigned agent, const Operation& operation);

  std::vector<Node> stack_;
  std::size_t cursor_ = 0;
  AgentSet sleep_ = 0;
  bool applies_ = true;
  unsigned agents_ = 0;
  // Of the execution in progress.
  std::vector<Event> events_;
  std::array<Clock, kMaxAgents> clock_;
  std::array<Clock, kMaxObjects> written_, read_;
  std::array<std::array<Clock, 64>, kMaxActors> stored_;
};

}  // namespace kvtool::explore
