#include "core/device/sim/engine.h"

#include <algorithm>
#include <iterator>

#include "core/runtime/lock_line.h"

namespace kvtool::sim {

Engine::Engine(const Options& options, const Names& names, const WaitHook& on_wait)
    : options_(options),
      names_(names),
      on_wait_(on_wait),
      executor_(options.host_functions == HostFunctionOrder::one_per_context
                    ? std::make_shared<HostExecutor>(monitor_, names, options.flight)
                    : nullptr) {}

Engine::~Engine() {
  Streams closing;
  {
    const std::lock_guard lock(monitor_.mutex);
    for (const auto& stream : streams_) stream->close();
    closing.swap(streams_);
  }
  closing.clear();  // joins every stream's thread, which ends when its work is done
}

std::shared_ptr<Stream> Engine::open_stream(StreamId id) {
  auto executor = executor_ ? executor_ : std::make_shared<HostExecutor>(monitor_, names_, options_.flight);
  auto stream = std::make_shared<Stream>(monitor_, std::move(executor), names_, id, options_.queue_capacity,
                                         options_.flight);
  Streams finished;  // destroyed after the lock is released: that joins threads
  const std::lock_guard lock(monitor_.mutex);
  finished = take_finished();
  streams_.push_back(stream);
  return stream;
}

void Engine::close_stream(Stream& stream) {
  Streams finished;
  const std::lock_guard lock(monitor_.mutex);
  stream.close();
  finished = take_finished();
}

Engine::Streams Engine::take_finished() {
  Streams finished;
  const auto rest = std::stable_partition(streams_.begin(), streams_.end(),
                                          [](const auto& stream) { return !stream->finished(); });
  std::move(rest, streams_.end(), std::back_inserter(finished));
  streams_.erase(rest, streams_.end());
  return finished;
}

Submission Engine::submit(Stream& stream, Work& work, Room room) {
  const std::lock_guard lock(monitor_.mutex);
  if (stream.closed()) return Submission::closed;
  if (room == Room::if_any && takes_queue_entry(work) && !stream.has_room()) return Submission::full;
  stream.push(std::move(work), room == Room::reserved);
  return Submission::accepted;
}

std::shared_ptr<EventRecord> Engine::latest_record(const Event& event) const {
  const std::lock_guard lock(monitor_.mutex);
  return event.latest;
}

bool Engine::is_idle(const Stream& stream) const {
  const std::lock_guard lock(monitor_.mutex);
  return stream.reached(stream.mark());
}

bool Engine::is_done(const Event& event) const {
  const std::lock_guard lock(monitor_.mutex);
  return event.latest == nullptr || event.latest->done;
}

template <class Done>
void Engine::wait(std::unique_lock<std::mutex>& lock, std::string_view resource, std::string_view call,
                  Done done) {
  if (done()) return;
  lock.unlock();
  const ScopedWait announced(resource, call);
  if (on_wait_) on_wait_(resource, call);
  lock.lock();
  monitor_.completed.wait(lock, done);
}

void Engine::wait_for_stream(Stream& stream, std::string_view call) {
  std::unique_lock lock(monitor_.mutex);
  wait(lock, stream.resource(), call, [&, mark = stream.mark()] { return stream.reached(mark); });
}

void Engine::wait_for_room(Stream& stream, std::string_view call) {
  std::unique_lock lock(monitor_.mutex);
  wait(lock, stream.resource(), call, [&] { return stream.closed() || stream.has_room(); });
  stream.reserve();
}

void Engine::wait_for_event(const Event& event, std::string_view call) {
  const std::string resource = names_.event(event.id);
  std::unique_lock lock(monitor_.mutex);
  if (const auto record = event.latest) wait(lock, resource, call, [&] { return record->done; });
}

void Engine::wait_for_device(std::string_view call) {
  std::vector<std::pair<std::shared_ptr<Stream>, Mark>>
      marks;  // outlives the lock: the last owner joins a thread
  std::unique_lock lock(monitor_.mutex);
  for (const auto& stream : streams_)
    if (!stream->reached(stream->mark())) marks.emplace_back(stream, stream->mark());
  if (marks.empty()) return;
  ++idle_waiters_;
  wait(lock, names_.idle, call, [&] {
    return std::all_of(marks.begin(), marks.end(),
                       [](const auto& each) { return each.first->reached(each.second); });
  });
  --idle_waiters_;
}

std::size_t Engine::pending_host_functions() const {
  const std::lock_guard lock(monitor_.mutex);
  std::size_t pending = 0;
  for (const auto& stream : streams_) pending += stream->host_functions();
  return pending;
}

std::size_t Engine::waiting_for_idle() const {
  const std::lock_guard lock(monitor_.mutex);
  return idle_waiters_;
}

bool Engine::settled(std::size_t in_user_code) const {
  std::vector<const HostExecutor*> executors;
  if (executor_ != nullptr) executors.push_back(executor_.get());
  std::size_t inside = 0;
  for (const auto& stream : streams_) {
    if (stream->can_move()) return false;
    if (stream->in_user_code()) ++inside;
    if (executor_ == nullptr) executors.push_back(&stream->executor());
  }
  for (const HostExecutor* executor : executors) {
    if (executor->can_move()) return false;
    if (executor->in_user_code()) ++inside;
  }
  return inside <= in_user_code;
}

void Engine::settle(std::size_t in_user_code) const {
  std::unique_lock lock(monitor_.mutex);
  monitor_.moved.wait(lock, [&] { return settled(in_user_code); });
}

}  // namespace kvtool::sim
