// mutex-then-gil: a binding takes its mutex, drops the runtime's lock round a driver call, and takes it again
// while it still holds the mutex, because guards are destroyed in the reverse order of their construction.
#pragma once

#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::mutex_then_gil {

template <class Rt>
class MutexThenGil {
 public:
  static constexpr bool kMayBeAbandoned = true;

  MutexThenGil(const DriverModel* rules, unsigned threads, bool dropped_outside)
      : dropped_outside_(dropped_outside), device_(*rules, 0) {
    (void)threads;
  }
  static unsigned actor_count(const DriverModel*, unsigned threads, bool) { return threads; }
  static std::string actor_name(unsigned actor) { return std::string(1, static_cast<char>('A' + actor)); }

  void run(unsigned) {
    gil_.lock();
    if (dropped_outside_) {
      gil_.unlock();
      mutex_.lock();
      device_.set_device();
      mutex_.unlock();
      gil_.lock();
    } else {
      mutex_.lock();
      device_.set_device(&gil_);
      mutex_.unlock();
    }
    gil_.unlock();
  }

 private:
  const bool dropped_outside_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::mutex mutex_{"M"};
  ModelDevice device_;
};

}  // namespace kvtool::mutex_then_gil
