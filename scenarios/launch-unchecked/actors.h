// launch-unchecked: a recorder puts host functions on a stream, and some launches fail.
//
// B1: allocated - freed = queued + buffered, and published = delivered + dropped and counted.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/recorder/event_recorder.h"
#include "launch-unchecked/host_functions.h"

namespace kvtool::launch_unchecked {

struct Setup {
  unsigned events = 2;
  bool checks = true;  // the recorder looks at what the launch returned
  bool counts = true;  // the publisher looks at what the recorder returned
};

template <class Rt>
class LaunchUnchecked {
 public:
  static constexpr bool kMayBeAbandoned = true;  // no event on a stack has memory of its own
  static constexpr unsigned kActors = 3;
  static std::string actor_name(unsigned actor) { return actor == 0 ? "P" : actor == 1 ? "CB" : "D"; }

  explicit LaunchUnchecked(const Setup& setup)
      : setup_(setup), device_(true, setup.checks), recorder_(device_, {.capacity = setup.events}) {
    delivered_.reserve(setup.events);
  }

  void run(unsigned actor) {
    if (actor == 0)
      publish();
    else if (actor == 1)
      device_.serve();
    else
      recorder_.drain(delivered_);  // at any moment; the rest is drained in finish()
  }

  void finish() {
    const RecorderStats stats = recorder_.stats();
    Rt::check(stats.capacity - stats.free_slots == device_.queued() + stats.pending,
              "B1: allocated - freed = queued + buffered, but the event of a failed launch is in neither");
    recorder_.drain(delivered_);
    Rt::check(setup_.events == delivered_.size() + dropped_.read(),
              "B1: scheduled = delivered + dropped and counted, but an event was lost silently");
    Rt::check(stats.launch_failed == setup_.events - delivered_.size(),
              "B1: the recorder counts every failed launch");
  }

 private:
  void publish() {
    for (unsigned i = 0; i < setup_.events; ++i) {
      Rt::local_state(0, i);
      const Status status = recorder_.record_on_stream(StreamId{1}, {.type = "E"});
      if (status != Status::ok && setup_.counts) ++dropped_.write();
    }
    device_.no_more();
  }

  const Setup setup_;
  recorder_family::HostFunctions<Rt> device_;
  EventRecorder<Rt> recorder_;
  std::vector<Event> delivered_;  // the drainer's, then finish()'s
  typename Rt::template plain<unsigned> dropped_;
};

}  // namespace kvtool::launch_unchecked
