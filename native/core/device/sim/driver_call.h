// DriverCall: one call into the driver while it lasts. It takes the locks that the model's rule names, makes
// the wait that the rule names while it holds them, and gives the locks back when it goes out of scope.
#pragma once

#include "core/device/sim/driver_locks.h"
#include "core/device/sim/driver_model.h"
#include "core/device/sim/engine.h"
#include "core/device/sim/names.h"

namespace kvtool::sim {

// What calls go through; shared by all of them.
struct Driver {
  const DriverModel& model;
  const Names& names;
  const WaitHook& on_contended;
  DriverLocks& locks;
  Engine& engine;
};

// What a rule's wait is about. A rule that waits for something its call does not name waits for nothing.
struct Target {
  Stream* stream = nullptr;
  const Event* event = nullptr;
};

class DriverCall {
 public:
  struct LocksOnly {};

  DriverCall(const Driver& driver, Call call, Target target = {});
  // Takes the locks; wait() is left to the caller, who may find under them that there is no need.
  DriverCall(const Driver& driver, Call call, LocksOnly);
  DriverCall(const DriverCall&) = delete;
  DriverCall& operator=(const DriverCall&) = delete;

  void wait(Target target = {});
  // Goes on as `call`: takes its locks as well, and waits for nothing.
  void continue_as(Call call);

 private:
  const Driver& driver_;
  const Call call_;
  HeldLocks held_;
};

}  // namespace kvtool::sim
