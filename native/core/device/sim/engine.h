// Engine: the hardware of a simulated device, without a driver in front of it: streams, the host-function
// executor, and the waits for them. It knows no driver lock; DriverCall decides what is held while a thread
// waits here.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "core/device/sim/driver_locks.h"
#include "core/device/sim/driver_model.h"
#include "core/device/sim/host_executor.h"
#include "core/device/sim/monitor.h"
#include "core/device/sim/names.h"
#include "core/device/sim/stream.h"
#include "core/device/sim/work.h"

namespace kvtool::sim {

// How a submission gets its queue entry.
enum class Room { if_any, reserved, beyond_capacity };

enum class Submission { accepted, full, closed };

class Engine {
 public:
  struct Options {
    HostFunctionOrder host_functions;
    std::size_t queue_capacity;
    Flight* flight;
  };
  // `names` and `on_wait` (may be empty) must outlive the engine.
  Engine(const Options& options, const Names& names, const WaitHook& on_wait);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // Waits until all work is done. REQUIRES: no call in progress.
  ~Engine();

  std::shared_ptr<Stream> open_stream(StreamId id);  // throws std::system_error when no thread can be made
  void close_stream(Stream& stream);

  // `work` is consumed only when it is accepted.
  Submission submit(Stream& stream, Work& work, Room room);
  // The event's latest record, null when it was never recorded.
  std::shared_ptr<EventRecord> latest_record(const Event& event) const;

  bool is_idle(const Stream& stream) const;
  bool is_done(const Event& event) const;

  // Each returns at once if there is nothing to wait for. Otherwise the wait is announced on the thread's
  // lock line and to `on_wait`, in this order, and then begins. Only work submitted before the call is waited
  // for.
  void wait_for_stream(Stream& stream, std::string_view call);
  void wait_for_room(Stream& stream, std::string_view call);  // reserves an entry, or the stream was closed
  void wait_for_event(const Event& event, std::string_view call);
  void wait_for_device(std::string_view call);

  // For observers.
  std::size_t pending_host_functions() const;
  std::size_t waiting_for_idle() const;
  // Blocks until nothing can go on by itself and at most `in_user_code` kernels and host functions have not
  // returned.
  void settle(std::size_t in_user_code) const;

 private:
  using Streams = std::vector<std::shared_ptr<Stream>>;

  template <class Done>
  void wait(std::unique_lock<std::mutex>& lock, std::string_view resource, std::string_view call, Done done);
  Streams take_finished();
  bool settled(std::size_t in_user_code) const;

  const Options options_;
  const Names& names_;
  const WaitHook& on_wait_;
  mutable Monitor monitor_;
  // The context's executor; null when every stream has its own. Kept alive by each stream that uses it.
  const std::shared_ptr<HostExecutor> executor_;

  // Guarded by the monitor. Closed streams stay until their work is done and their thread can be joined.
  Streams streams_;
  std::size_t idle_waiters_ = 0;
};

}  // namespace kvtool::sim
