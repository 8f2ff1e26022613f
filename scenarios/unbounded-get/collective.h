// Collective: the all-reduce of a group of ranks. Ours says when the ranks are not in the same one.
#pragma once

#include <cstdint>
#include <mutex>

#include "core/explorer/program.h"

namespace kvtool::unbounded_get {

// Which call of the program it is. A real communicator does not look and takes one for the other.
enum class Call : std::uint32_t { step, take };

template <class Rt>
class Collective {
 public:
  explicit Collective(unsigned ranks) : ranks_(ranks) {}

  // Whether `mine` was true of every rank. Over when all have come; knows no limit of time.
  bool all_of(Call call, bool mine) {
    std::unique_lock lock(mutex_);
    const Arrival arrival = state_.update([&](State& state) { return arrive(state, call, mine); });
    Rt::check(arrival.same, "every rank is in the same collective");
    if (arrival.last) all_came_.notify_all();
    // The lap after the next needs this rank, too: two values are enough to tell laps apart.
    while (state_.get([&](const State& state) { return state.lap == arrival.lap; })) all_came_.wait(lock);
    return state_.get([](const State& state) { return state.result == 1; });
  }

 private:
  struct State {
    std::uint32_t arrived = 0, so_far = 1, lap = 0, result = 0;
    Call call = Call::step;
  };
  struct Arrival {
    std::uint32_t lap = 0;
    bool last = false, same = false;
    std::uint16_t unused = 0;  // no padding: it has a fingerprint
  };

  Arrival arrive(State& state, Call call, bool mine) const {
    if (state.arrived++ == 0) {
      state.call = call;
      state.so_far = 1;
    }
    if (!mine) state.so_far = 0;
    const Arrival arrival{.lap = state.lap, .last = state.arrived == ranks_, .same = state.call == call};
    if (arrival.last) {
      state.arrived = 0;
      state.lap ^= 1U;
      state.result = state.so_far;
    }
    return arrival;
  }

  const std::uint32_t ranks_;
  typename Rt::mutex mutex_{"collective"};  // guards state_
  typename Rt::condvar all_came_{"all ranks came"};
  typename Rt::template plain<State> state_;
};

}  // namespace kvtool::unbounded_get
