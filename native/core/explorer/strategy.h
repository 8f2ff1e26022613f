// Strategy: decides who goes next in an execution.
#pragma once

#include "core/explorer/operation.h"

namespace kvtool::explore {

class World;

// One object is used for many executions, of one World at a time.
class Strategy {
 public:
  Strategy() = default;
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;
  virtual ~Strategy() = default;

  static constexpr int kPrune = -1;
  // The state is made; no actor has run yet.
  virtual void begin(World&) {}
  // Which of world.enabled() (never empty) goes next, or kPrune.
  virtual int pick(World& world) = 0;
  // One of `alternatives` (> 1).
  virtual unsigned choose(World& world, unsigned alternatives) = 0;
  // The step is about to be taken; its index is world.step().
  virtual void taken(World&, unsigned /*agent*/) {}
  // A lock was given back within the step in progress.
  virtual void unlocked(World&, ObjectId, bool /*shared*/) {}
  // What others may await has changed within the step in progress.
  virtual void completed(World&, ObjectId) {}
  // An actor was started, or has ended, within the step in progress.
  virtual void started(World&, unsigned /*by*/, unsigned /*actor*/) {}
  // After the last step.
  virtual void end(World&) {}
  // Whether taken(), unlocked(), completed() and started() are wanted at all.
  virtual bool observes() const { return false; }
  // A failed spin blocks for good; the execution is redundant when what it read has changed. For searches.
  virtual bool spins_once() const { return false; }
};

}  // namespace kvtool::explore
