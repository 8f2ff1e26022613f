// Compiles every member for the policy that runs for real, whoever uses which.
#include "core/recorder/event_bus.h"

#include "core/runtime/real_runtime.h"

namespace kvtool {

template class EventRecorder<RealRuntime>;
template class EventBus<RealRuntime>;

}  // namespace kvtool
