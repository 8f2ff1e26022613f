// The workers of a KV-cache server round a GPU stream, in the model: who publishes events from the stream,
// who makes the driver wait, who enters the driver with the runtime's lock kept. The scenarios gil-hostfunc,
// gil-widened-lock and one-callsite-left are these actors with different choices.
#pragma once

#include <mutex>
#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::gil_model {

enum class Callback : std::uint8_t {
  runtime,  // needs the runtime's lock
  native,   // appends under a private mutex
};

// What the launcher does in the driver.
enum class Blocking : std::uint8_t { nothing, first_load, free, full_queue, synchronize };

// What the entrant does there.
enum class Entry : std::uint8_t { nothing, event_record, event_create, set_device };

struct Setup {
  const DriverModel* rules = nullptr;
  Callback callback = Callback::runtime;
  unsigned runtime_callsites = 0;  // of a second publisher, F, next to native ones
  Blocking blocking = Blocking::first_load;
  Entry entry = Entry::event_record;
  bool launcher_keeps_lock = false;
  bool entrant_keeps_lock = true;
  bool launcher_in_transfer_lock = false;
  bool entrant_in_transfer_lock = false;
  unsigned publishes = 1;   // by E
  unsigned bystanders = 0;  // threads that take the runtime's lock now and then
};

template <class Rt>
class Workers {
 public:
  static constexpr bool kMayBeAbandoned = true;

  explicit Workers(const Setup& setup)
      : setup_(setup), device_(*setup.rules, 1), event_(device_.add_event()), module_(device_.add_module()) {}

  static unsigned actor_count(const Setup& setup) {
    if (setup.bystanders > 0) return kBystanders + setup.bystanders;
    return setup.runtime_callsites > 0 ? kSecondPublisher + 1 : kSecondPublisher;
  }
  static std::string actor_name(unsigned actor) {
    switch (actor) {
      case kPublisher:
        return "E";
      case kLauncher:
        return "L";
      case kEntrant:
        return "D";
      case kSecondPublisher:
        return "F";
      case kServers:
        return "CB";
      default:
        return actor < kSecondPublisher ? std::string(ModelDevice::server_name(actor - kServers))
                                        : explore::numbered("W", actor - kBystanders);
    }
  }

  void run(unsigned actor) {
    switch (actor) {
      case kPublisher:
        return publish();
      case kLauncher:
        return launch();
      case kEntrant:
        return enter();
      case kSecondPublisher:
        return finish_write();
      default:
        return actor < kSecondPublisher ? device_.serve(actor - kServers) : idle_work();
    }
  }

  void finish() {
    Rt::check(device_.pending_host_functions() == 0,
              "A1: every callback that was scheduled has run when the device is idle");
  }

 private:
  static constexpr unsigned kPublisher = 0, kLauncher = 1, kEntrant = 2, kServers = 3,
                            kSecondPublisher = kServers + ModelDevice::servers(1),
                            kBystanders = kSecondPublisher + 1;
  static StreamId stream() { return ModelDevice::stream(1); }

  // ---- the host function's two kinds
  void run_callback() {
    gil_.lock();
    gil_.unlock();
  }
  void record_natively() {
    const std::lock_guard guard(recorder_);  // never held across a driver call
  }
  ModelWork host_function(Callback callback) {
    if (callback == Callback::runtime) return [this] { run_callback(); };
    return [this] { record_natively(); };
  }

  // ---- the actors
  void publish() {
    for (unsigned i = 0; i < setup_.publishes; ++i) {
      Rt::local_state(i);
      gil_.lock();
      device_.launch_host_function(stream(), host_function(setup_.callback), &gil_);
      gil_.unlock();
    }
  }

  void finish_write() {
    for (unsigned i = 0; i < setup_.runtime_callsites; ++i) {
      Rt::local_state(i);
      gil_.lock();
      device_.launch_host_function(stream(), host_function(Callback::runtime), &gil_);
      gil_.unlock();
    }
  }

  // A lock of the runtime's own kind gives the runtime's lock up while it waits.
  void lock_transfers() {
    gil_.unlock();
    transfers_.lock();
    gil_.lock();
  }

  void launch() {
    if (setup_.blocking == Blocking::nothing) return;
    gil_.lock();
    if (setup_.launcher_in_transfer_lock) lock_transfers();
    const ModelDevice::Dropped dropped = setup_.launcher_keeps_lock ? nullptr : &gil_;
    switch (setup_.blocking) {
      case Blocking::nothing:
        break;
      case Blocking::first_load:
        device_.launch_kernel(stream(), module_, {}, dropped);
        break;
      case Blocking::free:
        device_.free(MemoryKind::device, dropped);
        break;
      case Blocking::full_queue:
        for (unsigned i = 0; i < kMoreThanTheQueueHolds; ++i)
          device_.launch_kernel(stream(), ModelDevice::loaded_module(), {}, dropped);
        break;
      case Blocking::synchronize:
        device_.synchronize_stream(stream(), dropped);
        break;
    }
    if (setup_.launcher_in_transfer_lock) transfers_.unlock();
    gil_.unlock();
  }

  void enter() {
    if (setup_.entry == Entry::nothing) return;
    gil_.lock();
    if (setup_.entrant_in_transfer_lock) lock_transfers();
    const ModelDevice::Dropped dropped = setup_.entrant_keeps_lock ? nullptr : &gil_;
    EventId created{};
    switch (setup_.entry) {
      case Entry::nothing:
        break;
      case Entry::event_record:
        device_.record_event(event_, stream(), dropped);
        break;
      case Entry::event_create:
        device_.create_event(&created, dropped);
        break;
      case Entry::set_device:
        device_.set_device(dropped);
        break;
    }
    if (setup_.entrant_in_transfer_lock) transfers_.unlock();
    gil_.unlock();
  }

  void idle_work() {
    gil_.lock();
    gil_.unlock();
  }

  static constexpr unsigned kMoreThanTheQueueHolds = 5;  // of a model's stream; see ModelDevice

  const Setup setup_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::mutex transfers_{"transfer_lock"};
  typename Rt::mutex recorder_{"recorder"};
  ModelDevice device_;
  const EventId event_;
  const ModuleId module_;
};

// The driver models, for as long as the process lives.
inline const DriverModel& driver_580() {
  static const DriverModel model = driver_580_cuda13();
  return model;
}
inline const DriverModel& driver_575() {
  static const DriverModel model = driver_575_cuda12();
  return model;
}
inline const DriverModel& driver_of_hip() {
  static const DriverModel model = driver_hip();
  return model;
}

}  // namespace kvtool::gil_model
