#include "core/device/sim/driver_call.h"

namespace kvtool::sim {

DriverCall::DriverCall(const Driver& driver, Call call, LocksOnly)
    : driver_(driver), call_(call), held_(driver.locks, driver.names, driver.on_contended) {
  continue_as(call);
}

DriverCall::DriverCall(const Driver& driver, Call call, Target target)
    : DriverCall(driver, call, LocksOnly{}) {
  wait(target);
}

void DriverCall::continue_as(Call call) { held_.take(driver_.model[call], call_name(call)); }

void DriverCall::wait(Target target) {
  Engine& engine = driver_.engine;
  switch (driver_.model[call_].wait) {
    case Wait::nothing:
      return;
    case Wait::device:
      return engine.wait_for_device(call_name(call_));
    case Wait::stream:
      if (target.stream != nullptr) engine.wait_for_stream(*target.stream, call_name(call_));
      return;
    case Wait::room:
      if (target.stream != nullptr) engine.wait_for_room(*target.stream, call_name(call_));
      return;
    case Wait::event:
      if (target.event != nullptr) engine.wait_for_event(*target.event, call_name(call_));
      return;
  }
}

}  // namespace kvtool::sim
