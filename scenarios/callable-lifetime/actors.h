// callable-lifetime: a binding that puts a Python callable on a stream, and where it drops the runtime's
// lock: before it owns the callable (use after free), never (a deadlock if the enqueue waits), or in between.
#pragma once

#include <string>

#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::callable_lifetime {

enum class Binding : std::uint8_t {
  drops_at_once,  // a call guard: between the conversion of the argument and the body
  keeps,          // through the whole call
  drops_round_enqueue,
};

template <class Rt>
class CallableLifetime {
 public:
  static constexpr bool kMayBeAbandoned = true;
  // What a count without the lock leads to, not that it is a race.
  static constexpr bool kRacesAreAllowed = true;
  static constexpr unsigned kOwn = 2;
  static constexpr unsigned kActors = kOwn + ModelDevice::servers(1);

  CallableLifetime(const DriverModel* rules, Binding binding) : binding_(binding), device_(*rules, 1) {}

  static std::string actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"T1", "T2", "CB", "stream:1"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    if (actor >= kOwn) return device_.serve(actor - kOwn);
    if (actor == 0)
      enqueue();
    else
      clear_variable();
  }

  void finish() {
    Rt::check(references_.get([](int count) { return count; }) == 0, "A9: nothing is leaked");
  }

 private:
  static constexpr unsigned kCallbacks = 2;

  void take_reference() {
    if (references_.update([](int& count) { return count == 0 ? 0 : count++; }) == 0) freed("owned");
  }
  void drop_reference() {
    if (references_.update([](int& count) { return count == 0 ? 0 : count--; }) == 0) freed("released");
  }
  static void freed(const char* how) {
    explore::World::current().fail(explore::Outcome::use_after_free,
                                   std::string("A9: the callable is ") + how +
                                       " after its last reference went: another object is there");
  }

  void enqueue() {
    for (unsigned i = 0; i < kCallbacks; ++i) {
      Rt::local_state(i);
      gil_.lock();
      // The argument is converted: a pointer to what a variable holds, if it still holds it.
      if (references_.get([](int count) { return count > 0; })) {
        if (binding_ == Binding::drops_at_once) gil_.unlock();
        take_reference();
        device_.launch_host_function(
            ModelDevice::stream(1), [this] { call(); },
            binding_ == Binding::drops_round_enqueue ? &gil_ : nullptr);
        if (binding_ == Binding::drops_at_once) gil_.lock();
      }
      gil_.unlock();
    }
  }

  void clear_variable() {
    gil_.lock();
    drop_reference();
    gil_.unlock();
  }

  void call() {
    gil_.lock();
    if (references_.get([](int count) { return count; }) == 0) freed("called");
    drop_reference();
    gil_.unlock();
  }

  const Binding binding_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::template plain<int> references_{1, "references to the callable"};
  ModelDevice device_;
};

}  // namespace kvtool::callable_lifetime
