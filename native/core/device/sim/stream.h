// Stream: a queue of work and the thread that executes it in order. The thread sleeps while there is none.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "core/device/sim/host_executor.h"
#include "core/device/sim/monitor.h"
#include "core/device/sim/names.h"
#include "core/device/sim/work.h"
#include "core/runtime/flight.h"

namespace kvtool::sim {

// A place in a stream's order: "everything submitted so far".
using Mark = std::uint64_t;

class Stream {
 public:
  // `capacity` bounds the work that takes a queue entry, the piece in execution included. `flight` may be
  // null.
  Stream(Monitor& monitor, std::shared_ptr<HostExecutor> executor, const Names& names, StreamId id,
         std::size_t capacity, Flight* flight);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();  // REQUIRES: closed; waits until the work it was given is done

  const std::string& resource() const { return resource_; }
  const HostExecutor& executor() const { return *executor_; }

  // REQUIRES for all below: the monitor is held.

  // A reservation keeps an entry for the push that follows it.
  bool has_room() const { return entries_ < capacity_; }
  void reserve() { ++entries_; }
  void push(Work work, bool reserved);
  void close();  // takes no more work; what it has goes on
  bool closed() const { return closed_; }
  bool finished() const { return finished_; }  // closed, and its thread needs the monitor no more

  Mark mark() const { return submitted_; }
  bool reached(Mark mark) const { return completed_ >= mark; }
  std::size_t host_functions() const { return host_functions_; }  // given and not returned

  // Whether the stream goes on without anyone's help, and whether it stands in user code.
  bool can_move() const;
  bool in_user_code() const { return phase_ == Phase::in_kernel; }

 private:
  enum class Phase { ready, in_kernel, in_transfer, at_event, at_host_function };
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void enter(Phase phase);
  void perform(Kernel kernel, Lock& lock);
  void perform(const Stamp& stamp, Lock& lock);
  void perform(const NextStamp& stamp, Lock& lock);
  void perform(HostCall call, Lock& lock);
  void perform(Transfer transfer, Lock& lock);
  void perform(const Record& record, Lock& lock);
  void perform(Await await, Lock& lock);
  void perform(Reclaim reclaim, Lock& lock);

  Monitor& monitor_;
  const std::shared_ptr<HostExecutor> executor_;
  const Names& names_;
  const StreamId id_;
  const std::string resource_;
  const std::size_t capacity_;
  Flight* const flight_;
  std::condition_variable wake_;  // work was pushed, or the stream was closed

  // Guarded by the monitor. The front of `queue_` is in execution: what is left of it there is an empty
  // shell.
  std::deque<Work> queue_;
  std::size_t entries_ = 0;
  std::size_t host_functions_ = 0;
  Mark submitted_ = 0;
  Mark completed_ = 0;
  bool closed_ = false;
  bool finished_ = false;
  Phase phase_ = Phase::ready;
  const HostTurn* turn_ = nullptr;        // set in phase at_host_function
  const EventRecord* awaited_ = nullptr;  // set in phase at_event

  std::thread thread_;  // last: it uses everything above
};

}  // namespace kvtool::sim
