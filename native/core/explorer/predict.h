// Prediction of deadlocks from an execution that went well: who held what while wanting what, who would have
// completed what somebody waits for, and which cycles these edges make. A prediction is a target for
// steering, never a finding.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/explorer/clock.h"
#include "core/explorer/strategies.h"
#include "core/explorer/strategy.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

// `agent` wanted `want` while it held the lock `held`, or (owes) while somebody might wait for `held` to be
// completed by it: a stream's work, an event, a notification.
struct OrderEdge {
  AgentId agent = 0;
  ObjectId held = 0, want = 0;
  bool owes = false;
  std::vector<ObjectId> gates;      // other locks held at that moment
  std::vector<ObjectId> before;     // what the agent wanted earlier, since it last rested
  VectorClock<kMaxActors> started;  // fork and join order only
};

struct PredictedCycle {
  std::vector<OrderEdge> edges;    // edges[i].want is edges[i + 1].held
  std::string text;                // "D holds GIL, wants W; L holds W, wants device idle; ..."
  std::vector<std::size_t> order;  // of the edges: who has to be brought to its point before whom
  // Why it cannot happen as far as an execution shows: a lock common to all, or fork and join order. Empty:
  // nothing speaks against it.
  std::string obstacle;
};

// Runs another strategy and notes the edges.
class Observer final : public Strategy {
 public:
  explicit Observer(Strategy& inner) : inner_(inner) {}
  void begin(World& world) override;
  int pick(World& world) override { return inner_.pick(world); }
  unsigned choose(World& world, unsigned alternatives) override { return inner_.choose(world, alternatives); }
  void taken(World& world, unsigned agent) override;
  void unlocked(World& world, ObjectId object, bool shared) override;
  void completed(World& world, ObjectId object) override;
  void started(World& world, unsigned by, unsigned actor) override;
  void end(World& world) override;
  bool observes() const override { return true; }

  // The cycles that all executions observed so far make possible, at most `limit`.
  std::vector<PredictedCycle> cycles(const World& world, std::size_t limit) const;

 private:
  void want(unsigned agent, ObjectId object);
  void complete(unsigned agent, ObjectId object);
  void add(OrderEdge edge);

  Strategy& inner_;
  std::vector<OrderEdge> edges_;
  // Of the execution in progress.
  std::array<std::vector<ObjectId>, kMaxActors> held_;
  std::array<std::vector<ObjectId>, kMaxActors> wanted_;  // since the actor last completed something
  std::array<VectorClock<kMaxActors>, kMaxActors> clock_;
};

// Drives the participants of a predicted cycle, one after another, to the operation that would close it. Turn
// 0 follows the cycle's order, and lets those outside of it go first where a participant needs them.
class Steer final : public Seeded {
 public:
  // Which participant goes first, from turn 1 on.
  void aim(const PredictedCycle& cycle, unsigned turn) {
    cycle_ = &cycle;
    turn_ = turn;
  }
  int pick(World& world) override;

 private:
  bool in_position(const World& world, unsigned agent) const;
  const PredictedCycle* cycle_ = nullptr;
  unsigned turn_ = 0;
};

}  // namespace kvtool::explore
