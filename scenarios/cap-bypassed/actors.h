// cap-bypassed: events come from host code and from a stream, and the subscriber is slow. How many wait for
// it?
//
// B5: at most the capacity waits; published = delivered + dropped and counted.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "core/recorder/event_recorder.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::cap_bypassed {

inline constexpr char kBounded[] =
    "B5: at most the capacity is queued, but a slow subscriber costs more memory";

enum class Cap : std::uint8_t {
  host_only,  // events of a stream go round it
  peeked,     // both look at the length in one hold of the lock, and append in the next
  silent,     // both in one hold; what does not fit is dropped, and nobody counts it
};

// The queue as it was reported; an event is a number here.
template <class Rt, Cap cap>
class ReportedQueue {
 public:
  ReportedQueue(unsigned capacity, unsigned on_stream) : capacity_(capacity), on_stream_(on_stream) {}

  void publish() { offer(true); }
  // The host functions that were launched before.
  void serve() {
    for (unsigned i = 0; i < on_stream_; ++i) {
      Rt::local_state(i);
      offer(cap != Cap::host_only);
    }
  }
  unsigned take_one() {
    const std::lock_guard guard(mutex_);
    return state_.update([](State& state) { return state.queued == 0 ? 0U : (--state.queued, 1U); });
  }
  unsigned take_all() {
    const std::lock_guard guard(mutex_);
    return state_.update([](State& state) { return std::exchange(state.queued, 0U); });
  }
  unsigned dropped() const { return state_.read().dropped; }

 private:
  struct State {
    unsigned queued = 0, dropped = 0;
  };

  void offer(bool capped) {
    bool full = false;
    if (cap == Cap::peeked) {
      const std::lock_guard guard(mutex_);
      full = is_full();
    }
    Rt::perturb("queue:before-append");
    const std::lock_guard guard(mutex_);
    if (cap != Cap::peeked) full = capped && is_full();
    if (full) {
      if (cap != Cap::silent) state_.update([](State& state) { ++state.dropped; });
      return;
    }
    state_.update([](State& state) { ++state.queued; });
    Rt::check(state_.get([this](const State& state) { return state.queued <= capacity_; }), kBounded);
  }
  // REQUIRES: mutex_ held.
  bool is_full() const {
    return state_.get([this](const State& state) { return state.queued >= capacity_; });
  }

  const unsigned capacity_, on_stream_;
  mutable typename Rt::mutex mutex_{"queue"};
  typename Rt::template plain<State> state_;
};

// The project's recorder, whose one capacity counts what is on its way as well.
template <class Rt>
class RecorderQueue {
 public:
  RecorderQueue(unsigned capacity, unsigned on_stream)
      : capacity_(capacity), recorder_(device_, {.capacity = capacity}) {
    for (unsigned i = 0; i < on_stream; ++i)
      (void)recorder_.record_on_stream(StreamId{1}, {.type = "E"});  // counted, like all that is refused
    device_.no_more();
    taken_.write().reserve(2 * capacity);
  }

  void publish() {
    (void)recorder_.record({.type = "E"});
    check_bound();
  }
  void serve() { device_.serve(); }
  unsigned take_one() { return take(1); }
  unsigned take_all() { return take(capacity_); }
  unsigned dropped() const { return static_cast<unsigned>(recorder_.stats().refused_full); }

 private:
  unsigned take(unsigned limit) {
    check_bound();
    std::vector<Event>& out = taken_.write();
    out.clear();
    return static_cast<unsigned>(recorder_.drain(out, limit));
  }
  void check_bound() const {
    const RecorderStats stats = recorder_.stats();
    Rt::check(stats.pending + stats.in_flight <= capacity_, kBounded);
  }

  const unsigned capacity_;
  recorder_family::HostFunctions<Rt> device_;
  EventRecorder<Rt> recorder_;
  typename Rt::template plain<std::vector<Event>> taken_;
};

template <class Rt, class Queue>
class CapBypassed {
 public:
  static constexpr bool kMayBeAbandoned = true;  // no event on a stack has memory of its own
  static constexpr unsigned kActors = 3;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "P" : actor == 1 ? "CB" : "D"; }

  CapBypassed(unsigned capacity, unsigned events) : events_(events), queue_(capacity, events) {}

  void run(unsigned actor) {
    if (actor == 0)
      for (unsigned i = 0; i < events_; ++i) {
        Rt::local_state(i);
        queue_.publish();
      }
    else if (actor == 1)
      queue_.serve();
    else
      delivered_.write() = queue_.take_one();  // and then its subscriber is busy
  }

  void finish() {
    const unsigned delivered = delivered_.read() + queue_.take_all();
    Rt::check(2 * events_ == delivered + queue_.dropped(),
              "B5: published = delivered + dropped and counted, but an event was dropped silently");
  }

 private:
  const unsigned events_;
  Queue queue_;
  typename Rt::template plain<unsigned> delivered_;
};

}  // namespace kvtool::cap_bypassed
