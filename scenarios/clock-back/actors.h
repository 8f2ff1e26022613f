// clock-back: the wall clock is set back while a span is open.
//
// B5: a span is never negative, and its length is what passed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/recorder/event_recorder.h"
#include "core/runtime/model_runtime.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::clock_back {

// Both clocks of an execution: what has passed, and how far off the wall clock is.
class Clocks {
 public:
  Clocks() { current_ = this; }
  Clocks(const Clocks&) = delete;
  Clocks& operator=(const Clocks&) = delete;
  ~Clocks() {
    if (current_ == this) current_ = nullptr;
  }
  // Of the execution that the calling thread runs.
  static Clocks& current() { return *current_; }

  std::uint64_t monotonic_ns() const { return passed_.load(); }
  std::uint64_t wall_ns() const { return monotonic_ns() + offset_.load(); }
  void pass(std::uint64_t ns) { passed_.fetch_add(ns); }
  void set_back(std::uint64_t ns) { offset_.fetch_sub(ns); }

 private:
  static inline thread_local Clocks* current_ = nullptr;
  ModelRuntime::atomic<std::uint64_t> passed_{5'000, "monotonic clock"};
  ModelRuntime::atomic<std::uint64_t> offset_{1'700'000'000'000'000'000, "wall clock's offset"};
};

// What events are stamped by.
enum class Stamp : std::uint8_t { wall, monotonic };

template <Stamp stamp>
struct SteppedRuntime : ModelRuntime {
  struct clock {
    static std::uint64_t monotonic_ns() {
      return stamp == Stamp::wall ? wall_ns() : Clocks::current().monotonic_ns();
    }
    static std::uint64_t wall_ns() { return Clocks::current().wall_ns(); }
  };
};

// The recorder that takes END is made after START was recorded.
enum class Anchor : std::uint8_t { own, shared };

template <Stamp stamp, Anchor anchor>
class ClockBack {
  using Rt = SteppedRuntime<stamp>;

 public:
  static constexpr bool kMayBeAbandoned = true;  // no event on a stack has memory of its own
  static constexpr unsigned kActors = 2;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "P" : "NTP"; }

  ClockBack(std::uint64_t set_back_us, std::uint64_t span_us)
      : step_ns_(1000 * set_back_us), span_ns_(1000 * span_us) {
    events_.reserve(2);
  }

  void run(unsigned actor) {
    if (actor == 1) return clocks_.set_back(step_ns_);
    record(first_);
    clocks_.pass(span_ns_);
    second_.emplace(device_, options());
    record(*second_);
  }

  void finish() {
    first_.drain(events_);
    second_->drain(events_);
    const std::uint64_t length = events_[1].timestamp_ns - events_[0].timestamp_ns;
    Rt::check(static_cast<std::int64_t>(length) >= 0,
              "B5: a span is never negative, but END is stamped before START");
    Rt::check(length == span_ns_, "B5: a span is as long as what passed");
  }

 private:
  RecorderOptions options() const {
    return {.capacity = 1, .anchor = anchor == Anchor::shared ? anchor_ : ClockAnchor{}};
  }
  static void record(EventRecorder<Rt>& recorder) {
    Rt::check(recorder.record({.type = "E"}) == Status::ok, "B5: the event is recorded");
  }

  const std::uint64_t step_ns_, span_ns_;
  Clocks clocks_;  // before whoever reads them
  const ClockAnchor anchor_ = ClockAnchor::take<typename Rt::clock>();
  recorder_family::HostFunctions<Rt> device_;
  EventRecorder<Rt> first_{device_, options()};
  std::optional<EventRecorder<Rt>> second_;
  std::vector<Event> events_;
};

}  // namespace kvtool::clock_back
