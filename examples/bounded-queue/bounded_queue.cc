// A queue of one place with one condition variable for both its ends. notify_one() may wake somebody of the
// wrong end, who goes back to sleep, and the notice is lost.
#include <kvtool/explore.h>

#include <iostream>
#include <mutex>

namespace {

using kvtool::explore::explore;
using kvtool::explore::replay;

template <class Rt, bool notify_all>
class Queue {
 public:
  static constexpr unsigned kActors = 4;
  static const char* actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"put1", "put2", "take1", "take2"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    std::unique_lock lock(lock_);
    const bool puts = actor < 2;
    while (full_.read() == puts) changed_.wait(lock);
    full_.write() = puts;
    if constexpr (notify_all)
      changed_.notify_all();
    else
      changed_.notify_one();
  }
  void finish() { Rt::check(!full_.read(), "what was put is taken"); }

 private:
  typename Rt::mutex lock_{"lock"};
  typename Rt::condvar changed_{"changed"};
  typename Rt::template plain<bool> full_{false, "full"};
};

template <class Rt>
using Buggy = Queue<Rt, false>;
template <class Rt>
using Fixed = Queue<Rt, true>;

}  // namespace

int main(int argc, char** argv) {
  // A line that an earlier run printed, on this machine or another one.
  if (argc > 1) {
    std::cout << replay<Buggy>(argv[1], {.name = "queue"});
    return 0;
  }
  const auto buggy = explore<Buggy>({.name = "queue"});
  const auto fixed = explore<Fixed>({.name = "queue-fixed"});
  std::cout << buggy << fixed;
  return buggy.outcome == kvtool::explore::Outcome::deadlock && fixed.proved() ? 0 : 1;
}
