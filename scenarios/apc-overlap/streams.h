// OnStreams: what the scenarios of KV copies between streams have in common: actors of their own, and a
// device whose streams and callback thread are actors behind them.
#pragma once

#include <string_view>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::kv_streams {

// The driver by whose rules streams run.
inline const DriverModel& rules() {
  static const DriverModel measured = driver_580_cuda13();
  return measured;
}

// `kContent`: what the streams read is checked, with a copy's halves visible one by one. Otherwise whether
// anything orders their accesses.
template <class Rt, bool kContent, unsigned kOwnActors, unsigned kStreams>
class OnStreams {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr bool kRacesAreAllowed = kContent;
  static constexpr unsigned kActors = kOwnActors + ModelDevice::servers(kStreams);

 protected:
  // The body of an actor that is not the scenario's own.
  void serve(unsigned actor) { device_.serve(actor - kOwnActors); }
  void launch(StreamId stream, ModelWork kernel) {
    device_.launch_kernel(stream, ModelDevice::loaded_module(), kernel);
  }
  static void check(bool holds, std::string_view invariant) { Rt::check(holds || !kContent, invariant); }

  ModelDevice device_{rules(), kStreams};
};

}  // namespace kvtool::kv_streams
