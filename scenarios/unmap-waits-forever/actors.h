// unmap-waits-forever: a server unmaps the memory of a client that died. The driver waits for a stream of the
// server that waits for an event that the client will never complete.
#pragma once

#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::unmap_waits_forever {

enum class Reaper : std::uint8_t {
  unmaps_under_gil,
  synchronises_first,  // with the runtime's lock dropped, then unmaps
  waits_on_host,       // a foreign event is waited for by the host, before anything is put on a stream
};

// The two processes share one device here, of which the client has stream 1 and the server stream 2.
template <class Rt>
class UnmapWaitsForever {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kOwn = 3;
  static constexpr unsigned kActors = kOwn + ModelDevice::servers(2);

  // `may_die`: the client may die before the work that it recorded the event behind.
  UnmapWaitsForever(const DriverModel* rules, Reaper reaper, bool may_die)
      : reaper_(reaper), may_die_(may_die), device_(*rules, 2), event_(device_.add_event()) {}

  static std::string actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"client", "R", "worker", "CB", "stream:1", "stream:2"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    switch (actor) {
      case 0:
        return client();
      case 1:
        return reap();
      case 2:
        return work();
      default:
        return device_.serve(actor - kOwn);
    }
  }

  void finish() {
    Rt::check(returned_.get([](bool returned) { return returned; }),
              "A6: the memory of a client that has gone is given back (the reaper is parked for ever)");
  }

 private:
  // Launches its work, records the event behind it, and hands the event to the server.
  void client() {
    device_.launch_kernel(ModelDevice::stream(1), ModelDevice::loaded_module(), [this] { alive_.acquire(); });
    device_.record_event(event_, ModelDevice::stream(1));
    const bool dies = may_die_ && Rt::choose(2) == 1;
    handed_over_.release();
    if (!dies) alive_.release();
  }

  void reap() {
    if (reaper_ == Reaper::synchronises_first) explore::World::current().set_daemon(1);
    handed_over_.acquire();
    gil_.lock();
    // The host asks, as often as it likes; a client that is gone answers no more.
    if (reaper_ == Reaper::waits_on_host) {
      if (device_.query_event(event_) == Status::ok) device_.wait_event(ModelDevice::stream(2), event_);
    } else {
      device_.wait_event(ModelDevice::stream(2), event_);
    }
    if (reaper_ == Reaper::synchronises_first) device_.synchronize_stream(ModelDevice::stream(2), &gil_);
    unmap();
    returned_.update([](bool& returned) { returned = true; });
    gil_.unlock();
  }

  // The driver waits for the streams of its own process.
  void unmap() { device_.synchronize_stream(ModelDevice::stream(2)); }

  void work() {
    gil_.lock();
    gil_.unlock();
  }

  const Reaper reaper_;
  const bool may_die_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::semaphore alive_{0, "client is alive"};
  typename Rt::semaphore handed_over_{0, "event handle"};
  typename Rt::template plain<bool> returned_{false, "segment is unmapped"};
  ModelDevice device_;
  const EventId event_;
};

}  // namespace kvtool::unmap_waits_forever
