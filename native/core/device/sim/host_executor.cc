#include "core/device/sim/host_executor.h"

#include <optional>

namespace kvtool::sim {

HostExecutor::HostExecutor(Monitor& monitor, const Names& names, Flight* flight)
    : monitor_(monitor), names_(names), flight_(flight), thread_([this] { run(); }) {}

HostExecutor::~HostExecutor() {
  {
    const std::lock_guard lock(monitor_.mutex);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void HostExecutor::post(HostTurn& turn) {
  ready_.push_back(&turn);
  wake_.notify_one();
}

void HostExecutor::run() {
  name_this_thread("kv-hostfunc" + names_.suffix);
  std::optional<Flight::Thread> line;
  if (flight_ != nullptr) line.emplace(*flight_, names_.executor_line);

  std::unique_lock lock(monitor_.mutex);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !ready_.empty(); });
    if (ready_.empty()) return;
    HostTurn& turn = *ready_.front();
    ready_.pop_front();
    turn.state = HostTurn::State::running;
    running_ = true;
    monitor_.completed.notify_all();
    monitor_.moved.notify_all();
    lock.unlock();
    {
      const ScopedHold functions(names_.host_functions);
      const ScopedHold idle(names_.idle);
      const ScopedHold stream(turn.stream);
      turn.call.function(turn.call.argument);
    }
    lock.lock();
    running_ = false;
    turn.state =
        HostTurn::State::done;  // the stream's thread may destroy the turn once the monitor is released
    monitor_.completed.notify_all();
    monitor_.moved.notify_all();
  }
}

}  // namespace kvtool::sim
