// Monitor: the one mutex of a simulated device's hardware. It guards every queue, counter and event record of
// the device, so that questions over all of them ("is the device idle?", "can anything still move?") have
// exact answers.
//
// It is never held while user code, a copy or a hook runs, and no other lock is taken while it is held (but
// the announcing of a hold on a thread's own lock line is allowed: it never blocks).
#pragma once

#include <condition_variable>
#include <mutex>

namespace kvtool::sim {

struct Monitor {
  std::mutex mutex;
  std::condition_variable completed;  // work has finished, or a host function has begun
  std::condition_variable moved;      // any change at all; only Engine::settle listens
};

}  // namespace kvtool::sim
