#include "core/device/sim/stream.h"

#include <cstring>
#include <optional>
#include <utility>

#include "core/device/sim/driver_model.h"
#include "core/device/sim/sim_device.h"
#include "core/device/stamp_access.h"
#include "core/runtime/real_clock.h"

namespace kvtool::sim {

Stream::Stream(Monitor& monitor, std::shared_ptr<HostExecutor> executor, const Names& names, StreamId id,
               std::size_t capacity, Flight* flight)
    : monitor_(monitor),
      executor_(std::move(executor)),
      names_(names),
      id_(id),
      resource_(names.stream(id)),
      capacity_(capacity),
      flight_(flight),
      thread_([this] { run(); }) {}

Stream::~Stream() { thread_.join(); }

void Stream::push(Work work, bool reserved) {
  if (takes_queue_entry(work) && !reserved) ++entries_;
  if (std::holds_alternative<HostCall>(work)) ++host_functions_;
  // The event is re-armed in the same step that queues its record: whoever looks at it afterwards sees this
  // record.
  if (const auto* record = std::get_if<Record>(&work)) record->event->latest = record->record;
  queue_.push_back(std::move(work));
  ++submitted_;
  wake_.notify_one();
}

void Stream::close() {
  closed_ = true;
  wake_.notify_one();
  monitor_.completed.notify_all();  // for who waits for room and will get none
}

bool Stream::can_move() const {
  if (queue_.empty()) return false;
  switch (phase_) {
    case Phase::ready:
    case Phase::in_transfer:
      return true;
    case Phase::in_kernel:
      return false;
    case Phase::at_event:
      return awaited_->done;
    case Phase::at_host_function:
      return turn_->state == HostTurn::State::done;
  }
  return false;
}

void Stream::run() {
  const std::string number = std::to_string(static_cast<std::uint32_t>(id_)) + names_.suffix;
  name_this_thread("kv-stream-" + number);
  std::optional<Flight::Thread> line;
  if (flight_ != nullptr) line.emplace(*flight_, "stream " + number);

  Lock lock(monitor_.mutex);
  for (;;) {
    wake_.wait(lock, [&] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) break;
    Work work = std::move(queue_.front());
    const bool entry = takes_queue_entry(work);
    const bool host_function = std::holds_alternative<HostCall>(work);
    std::visit([&](auto& kind) { perform(std::move(kind), lock); }, work);
    queue_.pop_front();
    if (entry) --entries_;
    if (host_function) --host_functions_;
    ++completed_;
    enter(Phase::ready);
    monitor_.completed.notify_all();
  }
  finished_ = true;
}

void Stream::enter(Phase phase) {
  phase_ = phase;
  monitor_.moved.notify_all();
}

void Stream::perform(Kernel kernel, Lock& lock) {
  enter(Phase::in_kernel);
  lock.unlock();
  if (kernel.body) {
    const ScopedHold idle(names_.idle);
    const ScopedHold stream(resource_);
    kernel.body();
    // What the body captured goes before the kernel counts as done, and outside of the monitor.
    kernel.body = nullptr;
  }
  lock.lock();
}

void Stream::perform(const Stamp& stamp, Lock&) {
  write_stamp(*stamp.slot, SimDevice::kDeviceEpoch + RealClock::monotonic_ns(), stamp.sequence);
}

void Stream::perform(const NextStamp& stamp, Lock& lock) {
  const std::uint64_t place = (*stamp.cursor.stamped)++;
  perform(Stamp{stamp.cursor.slots + (place & stamp.cursor.mask), place + 1}, lock);
}

void Stream::perform(HostCall call, Lock& lock) {
  HostTurn turn{.call = call, .stream = resource_};
  turn_ = &turn;
  enter(Phase::at_host_function);
  executor_->post(turn);
  {
    // Until its turn comes the stream depends on the function in progress. Afterwards the executor itself
    // announces that it holds this stream. It announces `device:idle` all along, so that is not repeated
    // here.
    const ScopedHold stream(resource_);
    const ScopedWait wait(names_.host_functions, call_name(Call::launch_host_function));
    monitor_.completed.wait(lock, [&] { return turn.state != HostTurn::State::waiting; });
  }
  monitor_.completed.wait(lock, [&] { return turn.state == HostTurn::State::done; });
  turn_ = nullptr;
}

void Stream::perform(Transfer transfer, Lock& lock) {
  enter(Phase::in_transfer);
  lock.unlock();
  std::memmove(transfer.destination, transfer.source, transfer.bytes);
  lock.lock();
}

void Stream::perform(const Record& record, Lock&) { record.record->done = true; }

void Stream::perform(Await await, Lock& lock) {
  if (await.record->done) return;
  awaited_ = await.record.get();
  enter(Phase::at_event);
  const ScopedHold idle(names_.idle);
  const ScopedHold stream(resource_);
  const ScopedWait wait(names_.event(await.event), call_name(Call::stream_wait_event));
  monitor_.completed.wait(lock, [&] { return await.record->done; });
  awaited_ = nullptr;
}

void Stream::perform(Reclaim reclaim, Lock& lock) {
  enter(Phase::in_transfer);
  lock.unlock();
  reclaim.give_back();
  reclaim.give_back = nullptr;
  lock.lock();
}

}  // namespace kvtool::sim
