#include "core/device/sim/sim_device.h"

#include <system_error>

#include "core/device/sim/sim_parts.h"

namespace kvtool {

using sim::DriverCall;

SimDevice::SimDevice(SimOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {
  parts_->loaded_module = parts_->modules.add([](ModuleId) {
    auto module = std::make_shared<Parts::Module>();
    module->loaded = true;
    return module;
  });
}

SimDevice::~SimDevice() = default;

std::string_view SimDevice::description() const { return parts_->description; }
ModuleId SimDevice::loaded_module() const { return parts_->loaded_module; }
std::size_t SimDevice::pending_host_functions() const { return parts_->engine.pending_host_functions(); }
std::size_t SimDevice::waiting_for_idle() const { return parts_->engine.waiting_for_idle(); }
void SimDevice::settle(std::size_t in_user_code) const { parts_->engine.settle(in_user_code); }
const void* SimDevice::context_lock() const { return parts_->locks.context.address(); }
const void* SimDevice::launch_lock() const { return parts_->locks.launch.address(); }

Status SimDevice::set_device() {
  const DriverCall call(parts_->driver, Call::set_device);
  return Status::ok;
}

// Streams

Status SimDevice::create_stream(StreamId* out) {
  if (out == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::stream_create);
  try {
    *out = parts_->streams.add([&](StreamId id) { return parts_->engine.open_stream(id); });
  } catch (const std::system_error&) {  // no thread to be had
    return Status::out_of_memory;
  }
  return Status::ok;
}

Status SimDevice::destroy_stream(StreamId stream) {
  const auto found = parts_->streams.remove(stream);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::stream_destroy, {.stream = found.get()});
  parts_->engine.close_stream(*found);
  return Status::ok;
}

Status SimDevice::synchronize_stream(StreamId stream) {
  const auto found = parts_->streams.find(stream);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::stream_synchronize, {.stream = found.get()});
  return Status::ok;
}

Status SimDevice::query_stream(StreamId stream) {
  const auto found = parts_->streams.find(stream);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::stream_query, {.stream = found.get()});
  return parts_->engine.is_idle(*found) ? Status::ok : Status::not_ready;
}

Status SimDevice::synchronize_device() {
  const DriverCall call(parts_->driver, Call::device_synchronize);
  return Status::ok;
}

// Events

Status SimDevice::create_event(EventId* out) {
  if (out == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::event_create);
  *out = parts_->events.add([](EventId id) { return std::make_shared<sim::Event>(sim::Event{id, nullptr}); });
  return Status::ok;
}

Status SimDevice::destroy_event(EventId event) {
  const auto found = parts_->events.remove(event);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::event_destroy, {.event = found.get()});
  return Status::ok;
}

Status SimDevice::record_event(EventId event, StreamId stream) {
  const auto on = parts_->streams.find(stream);
  const auto found = parts_->events.find(event);
  if (on == nullptr || found == nullptr) return Status::invalid_handle;
  return parts_->submit_bounded(Call::event_record, Call::event_record_full, *on,
                                sim::Record{found, std::make_shared<sim::EventRecord>()});
}

Status SimDevice::wait_event(StreamId stream, EventId event) {
  const auto on = parts_->streams.find(stream);
  const auto found = parts_->events.find(event);
  if (on == nullptr || found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::stream_wait_event, {.stream = on.get(), .event = found.get()});
  auto record = parts_->engine.latest_record(*found);
  if (record == nullptr) return Status::ok;
  return parts_->submit(*on, sim::Await{event, std::move(record)});
}

Status SimDevice::query_event(EventId event) {
  const auto found = parts_->events.find(event);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::event_query, {.event = found.get()});
  return parts_->engine.is_done(*found) ? Status::ok : Status::not_ready;
}

Status SimDevice::synchronize_event(EventId event) {
  const auto found = parts_->events.find(event);
  if (found == nullptr) return Status::invalid_handle;
  const DriverCall call(parts_->driver, Call::event_synchronize, {.event = found.get()});
  return Status::ok;
}

// Host functions and kernels

Status SimDevice::launch_host_function(StreamId stream, HostFunction function, void* argument) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (function == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::launch_host_function, {.stream = on.get()});
  const Status injected = parts_->next_injected_failure();
  if (injected != Status::ok) return injected;
  return parts_->submit(*on, sim::HostCall{function, argument});
}

Status SimDevice::stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (slot == nullptr) return Status::invalid_value;
  return parts_->submit_bounded(Call::launch, Call::launch_full, *on, sim::Stamp{slot, sequence});
}

Status SimDevice::stamp_next(StreamId stream, const StampCursor& cursor) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (cursor.slots == nullptr || cursor.stamped == nullptr) return Status::invalid_value;
  return parts_->submit_bounded(Call::launch, Call::launch_full, *on, sim::NextStamp{cursor});
}

Status SimDevice::create_module(ModuleId* out) {
  if (out == nullptr) return Status::invalid_value;
  const DriverCall call(parts_->driver, Call::library_load);
  *out = parts_->modules.add([](ModuleId) { return std::make_shared<Parts::Module>(); });
  return Status::ok;
}

Status SimDevice::launch_kernel(StreamId stream, ModuleId module, KernelBody body) {
  const auto on = parts_->streams.find(stream);
  const auto from = parts_->modules.find(module);
  if (on == nullptr || from == nullptr) return Status::invalid_handle;
  if (!from->loaded.load(std::memory_order_acquire)) {
    DriverCall call(parts_->driver, Call::first_launch, DriverCall::LocksOnly{});
    // Another thread may have loaded it while this one waited for the locks.
    if (!from->loaded.load(std::memory_order_relaxed)) call.wait({.stream = on.get()});
    from->loaded.store(true, std::memory_order_release);
  }
  return parts_->submit_bounded(Call::launch, Call::launch_full, *on, sim::Kernel{std::move(body)});
}

// Injected failures

void SimDevice::inject_launch_failure(LaunchFailures failures) {
  const std::lock_guard guard(parts_->failures_lock);
  parts_->failures = failures;
  parts_->launches_since_injection = 0;
}

Status SimDevice::Parts::next_injected_failure() {
  const std::lock_guard guard(failures_lock);
  const std::uint64_t launch = ++launches_since_injection;
  const bool fails = launch == failures.nth || (failures.every != 0 && launch % failures.every == 0);
  return fails ? failures.status : Status::ok;
}

// Submission

Status SimDevice::Parts::submit_bounded(Call call, Call when_full, sim::Stream& stream, sim::Work work) {
  sim::Submission result;
  {
    const DriverCall entry(driver, call, {.stream = &stream});
    result = engine.submit(stream, work, sim::Room::if_any);
  }
  if (result == sim::Submission::full) {
    // W is given back before C is taken: C comes before W wherever both are held.
    DriverCall entry(driver, when_full, {.stream = &stream});
    entry.continue_as(call);
    const bool reserved = options.model[when_full].wait == Wait::room;
    result = engine.submit(stream, work, reserved ? sim::Room::reserved : sim::Room::beyond_capacity);
  }
  return result == sim::Submission::accepted ? Status::ok : Status::invalid_handle;
}

Status SimDevice::Parts::submit(sim::Stream& stream, sim::Work work) {
  const bool accepted = engine.submit(stream, work, sim::Room::if_any) == sim::Submission::accepted;
  return accepted ? Status::ok : Status::invalid_handle;
}

}  // namespace kvtool
