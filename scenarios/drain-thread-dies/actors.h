// drain-thread-dies: in a batch there is one event that cannot be dispatched as usual. Its type is unknown,
// or its subscriber throws.
//
// B4: the drain thread lives while the bus is started, and the buffer is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/recorder/event_bus.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::drain_thread_dies {

// What becomes of a drain thread that an exception has left.
enum class Death : std::uint8_t {
  unnoticed,  // it is the end of it
  restarted,  // a supervisor starts it again
};

// The bus as it was reported: only calls of subscribers are in a try. Its interface is that part of EventBus
// which the scenario uses.
template <class Rt, Death death>
class ReportedBus {
 public:
  ReportedBus(Device& device, const BusOptions& options)
      : batch_size_(options.batch), recorder_(device, options.recorder) {
    batch_.reserve(batch_size_);
  }
  void declare(const std::string& type) { subscribers_[type]; }
  void subscribe(const std::string& type, Subscriber subscriber) {
    subscribers_.at(type) = std::move(subscriber);
  }
  Status publish(Event event) { return recorder_.record(std::move(event)); }
  void start() {
    drain_ = typename Rt::thread("D", [this] { drain_thread(); });
  }
  void stop() {
    recorder_.close(kForever);
    drain_.join();
  }
  bool drain_thread_died() const { return died_.read(); }
  std::uint64_t pending() const { return recorder_.stats().pending; }

 private:
  void drain_thread() {
    bool died = false;
    do {
      died = false;
      try {
        drain_loop();
      } catch (const std::out_of_range&) {
        died = true;
      }
      if (death == Death::unnoticed) died_.write() = died;
    } while (died && death == Death::restarted);
  }
  void drain_loop() {
    while (recorder_.wait() == Wake::events) {
      batch_.clear();
      recorder_.drain(batch_, batch_size_);
      for (const Event& event : batch_) dispatch(event);
    }
  }
  void dispatch(const Event& event) {
    const Subscriber& subscriber = subscribers_.at(event.type);  // throws for an unknown type
    try {
      subscriber(event);
    } catch (const std::runtime_error&) {  // the subscriber's, and dealt with
    }
  }

  const std::size_t batch_size_;
  EventRecorder<Rt> recorder_;
  std::map<std::string, Subscriber> subscribers_;  // constant once the bus is started
  std::vector<Event> batch_;                       // the drain thread's
  typename Rt::template plain<bool> died_{false};
  typename Rt::thread drain_;
};

template <class Rt>
struct CheckedBus : EventBus<Rt> {
  using EventBus<Rt>::EventBus;
  void stop() { Rt::check(EventBus<Rt>::stop(kForever).complete, "B4: stop() has waited for everything"); }
  static bool drain_thread_died() { return false; }  // then stop() would not have returned
  std::uint64_t pending() const { return this->stats().pending; }
};

// Which of the consequences is looked for.
enum class Look : std::uint8_t { at_thread, at_buffer, at_events };

template <class Rt, class Bus, Look look>
class DrainThreadDies {
 public:
  static constexpr unsigned kActors = 1;  // the bus starts its own
  static std::string actor_name(unsigned) { return "P"; }

  explicit DrainThreadDies(unsigned batch)
      : batch_(batch), bus_(device_, {.recorder = {.capacity = batch + 1}, .batch = batch}) {
    bus_.declare("good");
    bus_.declare("throws");
    bus_.subscribe("good", [this](const Event&) { ++delivered_.write(); });
    bus_.subscribe("throws", [](const Event&) { throw std::runtime_error("subscriber"); });
  }

  // The batch is there when the drain thread starts; one event comes later.
  void run(unsigned) {
    const unsigned bad = Rt::choose(batch_);
    const char* type = Rt::choose(2) == 0 ? "unknown" : "throws";
    for (unsigned i = 0; i < batch_; ++i) publish(i == bad ? type : "good");
    bus_.start();
    publish("good");
    bus_.stop();
  }

  void finish() {
    if (look == Look::at_thread)
      Rt::check(!bus_.drain_thread_died(),
                "B4: the drain thread lives while the bus is started, but an unknown type has ended it");
    if (look == Look::at_buffer)
      Rt::check(bus_.pending() == 0, "B4: the buffer is bounded, but nobody drains it any more");
    // The bad one is not delivered to the subscriber that counts.
    Rt::check(look != Look::at_events || delivered_.read() == batch_,
              "B4: one bad event costs no other, but the rest of its batch is lost");
  }

 private:
  void publish(const char* type) {
    Rt::check(bus_.publish({.type = type}) == Status::ok, "B4: there is room for a batch and one event");
  }

  const unsigned batch_;
  recorder_family::HostFunctions<Rt> device_;
  typename Rt::template plain<unsigned> delivered_;
  Bus bus_;
};

}  // namespace kvtool::drain_thread_dies
