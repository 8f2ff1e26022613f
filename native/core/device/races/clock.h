// Clock: who has seen how much of whom. One entry an actor (a host thread or a stream), which grows with what
// the actor does; an actor that is not there has been seen at 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvtool::races {

using Actor = std::uint32_t;
using Time = std::uint64_t;

class Clock {
 public:
  Time operator[](Actor actor) const { return actor < times_.size() ? times_[actor] : 0; }
  void set(Actor actor, Time time) {
    if (actor >= times_.size()) times_.resize(std::size_t{actor} + 1);
    times_[actor] = time;
  }
  void join(const Clock& other) {
    if (times_.size() < other.times_.size()) times_.resize(other.times_.size());
    for (std::size_t i = 0; i < other.times_.size(); ++i) times_[i] = std::max(times_[i], other.times_[i]);
  }
  // What both have seen.
  void meet(const Clock& other) {
    for (std::size_t i = 0; i < times_.size(); ++i)
      times_[i] = std::min(times_[i], other[static_cast<Actor>(i)]);
  }

 private:
  std::vector<Time> times_;
};

}  // namespace kvtool::races
