// launch-under-gil: a publisher keeps the runtime's lock in a driver call that waits behind a running host
// function, which needs that lock.
#pragma once

#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::launch_under_gil {

struct Setup {
  const DriverModel* rules = nullptr;
  bool fills_queue = false;  // the second call is a launch into a full queue; otherwise a host function
  bool keeps_lock = false;   // in the second call
};

template <class Rt>
class LaunchUnderGil {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 1 + ModelDevice::servers(1);

  explicit LaunchUnderGil(const Setup& setup) : setup_(setup), device_(*setup.rules, 1, kCapacity) {}

  static std::string actor_name(unsigned actor) {
    return actor == 0 ? "E" : actor == 1 ? "CB" : std::string(ModelDevice::server_name(actor - 1));
  }

  void run(unsigned actor) {
    if (actor > 0) return device_.serve(actor - 1);
    gil_.lock();
    device_.launch_host_function(stream(), callback(), &gil_);
    const ModelDevice::Dropped dropped = setup_.keeps_lock ? nullptr : &gil_;
    if (setup_.fills_queue)
      for (unsigned i = 0; i <= kCapacity; ++i)
        device_.launch_kernel(stream(), ModelDevice::loaded_module(), {}, dropped);
    else
      device_.launch_host_function(stream(), callback(), dropped);
    gil_.unlock();
  }
  void finish() {
    Rt::check(device_.idle(), "A4: every callback that was scheduled has run, and every kernel");
  }

 private:
  static constexpr unsigned kCapacity = 2;
  static StreamId stream() { return ModelDevice::stream(1); }
  ModelWork callback() {
    return [this] {
      gil_.lock();
      gil_.unlock();
    };
  }

  const Setup setup_;
  typename Rt::runtime_lock gil_{"GIL"};
  ModelDevice device_;
};

}  // namespace kvtool::launch_under_gil
