// destructor-syncs: the last reference to an event goes while its thread holds the runtime's lock, and the
// destructor waits for every stream, on which a callback waits for that lock.
#pragma once

#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::destructor_syncs {

struct Setup {
  const DriverModel* rules = nullptr;
  bool native_callback = false;
  bool drops_lock = false;  // in the destructor
  unsigned events = 1;      // alive
  unsigned callbacks = 1;   // queued
};

template <class Rt>
class DestructorSyncs {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2 + ModelDevice::servers(1);

  explicit DestructorSyncs(const Setup& setup) : setup_(setup), device_(*setup.rules, 1) {
    for (unsigned i = 0; i < setup.events; ++i) device_.add_event();
  }

  static std::string actor_name(unsigned actor) {
    return actor == 0   ? "E"
           : actor == 1 ? "D"
           : actor == 2 ? "CB"
                        : std::string(ModelDevice::server_name(actor - 2));
  }

  void run(unsigned actor) {
    if (actor == 0) return publish();
    if (actor == 1) return collect();
    device_.serve(actor - 2);
  }
  void finish() {
    Rt::check(device_.pending_host_functions() == 0, "A5: every callback that was scheduled has run");
  }

 private:
  void publish() {
    for (unsigned i = 0; i < setup_.callbacks; ++i) {
      Rt::local_state(i);
      gil_.lock();
      device_.launch_host_function(ModelDevice::stream(1), callback(), &gil_);
      gil_.unlock();
    }
  }

  void collect() {
    gil_.lock();
    for (unsigned i = 1; i <= setup_.events; ++i)
      device_.destroy_event(static_cast<EventId>(i), setup_.drops_lock ? &gil_ : nullptr);
    gil_.unlock();
  }

  ModelWork callback() {
    if (setup_.native_callback) return {};
    return [this] {
      gil_.lock();
      gil_.unlock();
    };
  }

  const Setup setup_;
  typename Rt::runtime_lock gil_{"GIL"};
  ModelDevice device_;
};

}  // namespace kvtool::destructor_syncs
