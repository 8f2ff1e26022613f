// shared-recorder: two buses in one process. Each has a publisher's side, a drain and a subscriber; what
// differs is whether they have one recorder between them.
//
// B2: delivered(b) is a subset of published(b), and none is lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/recorder/event_recorder.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::shared_recorder {

inline constexpr unsigned kBuses = 2;

enum class Sharing : std::uint8_t {
  untagged,  // one recorder for the process; a drain takes everything
  dropped,   // the same; a bus drops what nobody subscribed to with it
  tagged,    // one recorder; a drain takes the events of its own bus
  own,       // a recorder for each bus
};

constexpr const char* tag(unsigned bus) { return bus == 0 ? "1" : "2"; }

// The recorder or recorders of both buses, and what their subscribers saw.
template <class Rt, Sharing sharing>
class Buses {
 public:
  static constexpr bool kShared = sharing != Sharing::own;

  explicit Buses(unsigned events)
      : recorder_{EventRecorder<Rt>(device_, {.capacity = kBuses * events}),
                  EventRecorder<Rt>(device_, {.capacity = kShared ? 1 : events})} {
    for (auto& each : delivered_) each.write().reserve(kBuses * events);
    stash_.write().reserve(kBuses * events);
  }

  recorder_family::HostFunctions<Rt>& device() { return device_; }
  EventRecorder<Rt>& recorder_of(unsigned bus) { return recorder_[kShared ? 0 : bus]; }

  void publish(unsigned bus) {
    const Status status = recorder_of(bus).record_on_stream(StreamId{1}, {.type = "E", .session = tag(bus)});
    if (status == Status::ok) ++published_[bus].write();
  }

  // One round of the bus's drain thread.
  void drain(unsigned bus) {
    std::vector<Event>& out = delivered_[bus].write();
    const std::size_t before = out.size();
    if constexpr (sharing == Sharing::tagged)
      take_own(bus, out);
    else
      recorder_of(bus).drain(out);
    for (std::size_t i = out.size(); i-- > before;) {
      if (out[i].session == tag(bus)) continue;
      if constexpr (sharing == Sharing::dropped)
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
      else
        Rt::check(false, bus == 0 ? "B2: delivered(b) in published(b): bus 1 delivered an event of bus 2"
                                  : "B2: delivered(b) in published(b): bus 2 delivered an event of bus 1");
    }
  }

  // At rest: `counted` of each bus's events are known to be lost.
  void check_none_lost(const std::array<std::uint64_t, kBuses>& counted) {
    for (unsigned bus = 0; bus < kBuses; ++bus)
      Rt::check(published_[bus].read() == delivered_[bus].read().size() + counted[bus],
                "B2: none is lost, but an event was delivered by no bus");
  }

 private:
  void take_own(unsigned bus, std::vector<Event>& out) {
    const std::lock_guard guard(stash_mutex_);
    std::vector<Event>& stash = stash_.write();
    recorder_[0].drain(stash);
    for (std::size_t i = 0; i < stash.size();) {
      if (stash[i].session != tag(bus)) {
        ++i;
        continue;
      }
      out.push_back(std::move(stash[i]));
      stash.erase(stash.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  recorder_family::HostFunctions<Rt> device_;
  std::array<EventRecorder<Rt>, kBuses> recorder_;
  std::array<typename Rt::template plain<std::vector<Event>>, kBuses> delivered_;
  std::array<typename Rt::template plain<unsigned>, kBuses> published_;
  typename Rt::mutex stash_mutex_{"tagged events"};  // guards stash_
  typename Rt::template plain<std::vector<Event>> stash_;
};

// Both buses at work at a time: their events are on the stream, and the driver's thread and the two drain
// threads run.
template <class Rt, Sharing sharing>
class Together {
 public:
  static constexpr bool kMayBeAbandoned = true;  // no event on a stack has memory of its own
  static constexpr unsigned kActors = 3;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "CB" : actor == 1 ? "D1" : "D2"; }

  explicit Together(unsigned events) : buses_(events) {
    for (unsigned i = 0; i < events; ++i)
      for (unsigned bus = 0; bus < kBuses; ++bus) buses_.publish(bus);
    buses_.device().no_more();
  }

  void run(unsigned actor) {
    if (actor > 0) return drain(actor - 1);
    buses_.device().serve();
    for (unsigned bus = 0; bus < (sharing == Sharing::own ? kBuses : 1); ++bus)
      buses_.recorder_of(bus).close(kForever);
  }

  // The drains of stop().
  void finish() {
    for (unsigned bus = 0; bus < kBuses; ++bus) buses_.drain(bus);
    buses_.check_none_lost({});
  }

 private:
  void drain(unsigned bus) {
    while (buses_.recorder_of(bus).wait() == Wake::events) {
      Rt::local_state();
      Rt::perturb("bus:before-drain");
      buses_.drain(bus);
    }
  }

  Buses<Rt, sharing> buses_;
};

// Bus 2 begins when bus 1 has stopped, as after a restart or in the next test.
enum class Stop : std::uint8_t {
  drains,        // a last drain, whatever is still on the stream
  synchronises,  // the stream first, then the last drain
  closes,        // a bus refuses what comes late, and counts it
};

template <class Rt, Sharing sharing, Stop stop>
class OneAfterTheOther {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "main" : "CB"; }

  explicit OneAfterTheOther(unsigned events) : events_(events), buses_(events) {}

  void run(unsigned actor) {
    if (actor == 1) return buses_.device().serve();
    for (unsigned bus = 0; bus < kBuses; ++bus) {
      for (unsigned i = 0; i < events_; ++i) {
        Rt::local_state(bus, i);
        buses_.publish(bus);
      }
      Rt::perturb("bus:before-stop");
      if (stop == Stop::synchronises || bus + 1 == kBuses) buses_.device().synchronize_stream(StreamId{1});
      if (stop == Stop::closes) buses_.recorder_of(bus).close(std::chrono::nanoseconds::zero());
      buses_.drain(bus);
    }
    buses_.device().no_more();
  }

  void finish() {
    std::array<std::uint64_t, kBuses> counted{};
    if (stop == Stop::closes)
      for (unsigned bus = 0; bus < kBuses; ++bus)
        counted[bus] = buses_.recorder_of(bus).stats().discarded_late;
    buses_.check_none_lost(counted);
  }

 private:
  const unsigned events_;
  Buses<Rt, sharing> buses_;
};

}  // namespace kvtool::shared_recorder
