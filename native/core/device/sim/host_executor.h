// HostExecutor: the driver's thread that runs host functions, one at a time, in the order in which they
// became ready. One that does not return stops all that come after it, whichever stream they belong to.
#pragma once

#include <deque>
#include <string>
#include <thread>

#include "core/device/sim/monitor.h"
#include "core/device/sim/names.h"
#include "core/device/sim/work.h"
#include "core/runtime/flight.h"

namespace kvtool::sim {

// A host function whose stream has come to it. Owned by the stream's thread, which waits until it is `done`.
struct HostTurn {
  enum class State { waiting, running, done };
  HostCall call;
  const std::string& stream;     // the stream's resource name
  State state = State::waiting;  // guarded by the Monitor
};

class HostExecutor {
 public:
  // `flight` may be null: then the thread has no lock line.
  HostExecutor(Monitor& monitor, const Names& names, Flight* flight);
  HostExecutor(const HostExecutor&) = delete;
  HostExecutor& operator=(const HostExecutor&) = delete;
  ~HostExecutor();  // REQUIRES: no turn is waiting or running

  // REQUIRES for the three below: the monitor is held.
  void post(HostTurn& turn);
  bool can_move() const { return !running_ && !ready_.empty(); }
  bool in_user_code() const { return running_; }

 private:
  void run();

  Monitor& monitor_;
  const Names& names_;
  Flight* const flight_;
  std::condition_variable wake_;  // a turn was posted, or the executor is to stop
  // Guarded by the monitor.
  std::deque<HostTurn*> ready_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace kvtool::sim
