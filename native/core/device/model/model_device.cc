#include "core/device/model/model_device.h"

#include <algorithm>

#include "core/device/model/steps.h"

namespace kvtool {

namespace {

using explore::Hash128;

constexpr std::string_view kStreamNames[] = {"stream:1", "stream:2", "stream:3",
                                             "stream:4", "stream:5", "stream:6"};
constexpr std::string_view kQueueNames[] = {"queue of stream:1", "queue of stream:2", "queue of stream:3",
                                            "queue of stream:4", "queue of stream:5", "queue of stream:6"};
constexpr std::string_view kEventNames[] = {"event:1", "event:2", "event:3", "event:4",
                                            "event:5", "event:6", "event:7", "event:8"};
static_assert(std::size(kStreamNames) == ModelDevice::kMostStreams);
static_assert(std::size(kEventNames) == ModelDevice::kMostEvents);

bool always(void*) { return true; }

}  // namespace

std::string_view ModelDevice::server_name(unsigned server) {
  return server == 0 ? std::string_view("executor") : kStreamNames[server - 1];
}

ModelDevice::ModelDevice(const DriverModel& rules, unsigned streams, unsigned capacity)
    : rules_(rules),
      stream_count_(streams),
      capacity_(capacity),
      runtime_lock_("driver-lock:R"),
      context_lock_("driver-lock:C"),
      launch_lock_("driver-lock:W"),
      idle_(model::world().create(World::Type::signal, "device:idle")),
      functions_(model::world().create(World::Type::signal, "device:host-functions")) {
  if (streams > kMostStreams || capacity >= kMostWork)
    throw explore::ModelLimit("a device of the model has at most " + std::to_string(kMostStreams) +
                              " streams with room for " + std::to_string(kMostWork - 1) + " launches each");
  for (unsigned i = 0; i < streams; ++i) {
    streams_[i].done = model::world().create(World::Type::signal, kStreamNames[i]);
    streams_[i].queue = model::world().create(World::Type::signal, kQueueNames[i]);
    completed_by_servers(streams_[i].done);
  }
  completed_by_servers(idle_);
}

void ModelDevice::completed_by_servers(ObjectId object) {
  model::world().set_completers(
      object,
      [](ObjectId of, const void* device) { return static_cast<const ModelDevice*>(device)->completers(of); },
      this);
}

explore::AgentSet ModelDevice::server_of(const Stream& stream) const {
  if (stream.size == 0) return 0;
  return explore::bit(server_actor_[stream.handed ? 0 : 1 + (&stream - streams_.data())]);
}

explore::AgentSet ModelDevice::completers(ObjectId object) const {
  explore::AgentSet all = 0;
  for (unsigned i = 0; i < stream_count_; ++i) {
    const Stream& stream = streams_[i];
    bool owed = object == idle_ || object == stream.done;
    for (unsigned k = 0; k < stream.size && !owed; ++k) {
      const Work& work = stream.slots[(stream.first + k) % kMostWork].work;
      owed = work.kind == Kind::record && work.event == object;
    }
    if (owed) all |= server_of(stream);
  }
  return all;
}

EventId ModelDevice::add_event() {
  if (event_count_ == kMostEvents)
    throw explore::ModelLimit("a device of the model has at most " + std::to_string(kMostEvents) + " events");
  events_[event_count_].object = model::world().create(World::Type::signal, kEventNames[event_count_]);
  completed_by_servers(events_[event_count_].object);
  return static_cast<EventId>(++event_count_);
}

ModuleId ModelDevice::add_module() {
  if (module_count_ == kMostModules)
    throw explore::ModelLimit("a device of the model has at most " + std::to_string(kMostModules - 1) +
                              " modules");
  modules_[module_count_].object = model::world().create(World::Type::signal, "module");
  return static_cast<ModuleId>(module_count_++);
}

ModelDevice::Event* ModelDevice::find(EventId id) {
  const auto number = static_cast<unsigned>(id);
  if (number == 0 || number > event_count_ || events_[number - 1].destroyed) return nullptr;
  return &events_[number - 1];
}

// ---- what a search takes for the state

void ModelDevice::note_stream(const Stream& stream) {
  World& world = model::world();
  if (!world.hashed()) return;
  Hash128 hash;
  hash.mix(std::uint64_t{stream.completed} | std::uint64_t{stream.entries} << 16U |
           std::uint64_t{stream.size} << 32U | std::uint64_t{stream.handed ? 1U : 0U} << 48U);
  for (unsigned i = 0; i < stream.size; ++i) {
    const Work& work = stream.slots[(stream.first + i) % kMostWork].work;
    hash.mix(static_cast<std::uint64_t>(work.kind) | std::uint64_t{work.record} << 8U);
    hash.mix(work.submitter);
  }
  world.set_state(stream.queue, hash);
}

void ModelDevice::note_event(const Event& event) {
  World& world = model::world();
  if (!world.hashed()) return;
  Hash128 hash;
  hash.mix(std::uint64_t{event.latest} << 1U | (event.destroyed ? 1U : 0U));
  world.set_state(event.object, hash);
}

void ModelDevice::note_executor() {
  World& world = model::world();
  if (!world.hashed()) return;
  Hash128 hash;
  for (unsigned i = 0; i < ready_count_; ++i) hash.mix(ready_[i]);
  hash.mix(function_runs_ ? 1 : 2);
  world.set_state(functions_, hash);
}

// ---- calls

void ModelDevice::take(const Rule& rule, Held& held) {
  if (rule.runtime != Hold::none && !held.runtime) {
    runtime_lock_.lock();
    held.runtime = true;
  }
  if (rule.context != Hold::none && !held.context) {
    context_lock_.lock();
    held.context = true;
  }
  if (rule.launch == Hold::none || held.launch != Hold::none) return;
  if (rule.launch == Hold::shared)
    launch_lock_.lock_shared();
  else
    launch_lock_.lock();
  held.launch = rule.launch;
}

void ModelDevice::give_back(const Held& held) {
  if (held.launch == Hold::shared) launch_lock_.unlock_shared();
  if (held.launch == Hold::exclusive) launch_lock_.unlock();
  if (held.context) context_lock_.unlock();
  if (held.runtime) runtime_lock_.unlock();
}

template <class Inside>
void ModelDevice::in_call(Call call, Dropped dropped, Target target, Inside inside) {
  if (dropped != nullptr) dropped->unlock();
  Held held;
  take(rules_[call], held);
  wait(rules_[call].wait, target);
  inside();
  give_back(held);
  if (dropped != nullptr) dropped->lock();
}

void ModelDevice::wait(Wait wait, Target target) {
  switch (wait) {
    case Wait::nothing:
      return;
    case Wait::device:
      return wait_for_device();
    case Wait::stream:
      if (target.stream != nullptr) wait_for_stream(*target.stream);
      return;
    case Wait::room:
      if (target.stream != nullptr) wait_for_room(*target.stream);
      return;
    case Wait::event:
      if (target.event != nullptr) wait_for_event(*target.event);
      return;
  }
}

// A wait is two steps: what there is to wait for is seen in the first one; work that comes later is not
// waited for.

void ModelDevice::wait_for_stream(Stream& stream) {
  World& world = model::world();
  world.await(stream.done, always, nullptr);
  const std::uint16_t mark = stream.submitted;
  world.learn(mark);
  if (stream.completed < mark) await(stream.done, [&stream, mark] { return stream.completed >= mark; });
}

void ModelDevice::wait_for_room(Stream& stream) {
  await(stream.done, [this, &stream] { return stream.entries < capacity_; });
  ++stream.entries;
  note_stream(stream);
}

void ModelDevice::wait_for_event(Event& event) {
  World& world = model::world();
  world.await(event.object, always, nullptr);
  const std::uint16_t record = event.latest;
  world.learn(record);
  if (record != 0 && !record_done(record))
    await(event.object, [this, record] { return record_done(record); });
}

void ModelDevice::wait_for_device() {
  World& world = model::world();
  world.await(idle_, always, nullptr);
  std::array<std::uint16_t, kMostStreams> marks;
  bool reached = true;
  for (unsigned i = 0; i < stream_count_; ++i) {
    marks[i] = streams_[i].submitted;
    world.learn(marks[i]);
    reached = reached && streams_[i].completed >= marks[i];
  }
  if (reached) return;
  await(idle_, [this, &marks] {
    for (unsigned i = 0; i < stream_count_; ++i)
      if (streams_[i].completed < marks[i]) return false;
    return true;
  });
}

void ModelDevice::call(Call call, Dropped dropped) {
  in_call(call, dropped, {}, [] {});
}

void ModelDevice::allocate(MemoryKind kind, Dropped dropped) {
  if (kind != MemoryKind::pageable)  // that comes from libc
    call(kind == MemoryKind::device ? Call::malloc : Call::malloc_host, dropped);
}

void ModelDevice::free(MemoryKind kind, Dropped dropped) {
  if (kind != MemoryKind::pageable) call(kind == MemoryKind::device ? Call::free : Call::free_host, dropped);
}

void ModelDevice::synchronize_stream(StreamId stream, Dropped dropped) {
  in_call(Call::stream_synchronize, dropped, {.stream = &at(stream)}, [] {});
}

Status ModelDevice::query_stream(StreamId stream, Dropped dropped) {
  Stream& on = at(stream);
  Status status = Status::ok;
  in_call(Call::stream_query, dropped, {.stream = &on}, [&] {
    World& world = model::world();
    world.yield();
    if (on.completed < on.submitted) status = Status::not_ready;
    world.learn(static_cast<std::uint64_t>(status));
    if (status == Status::ok) world.observe_clock(on.done);
  });
  return status;
}

// ---- events

Status ModelDevice::create_event(EventId* out, Dropped dropped) {
  in_call(Call::event_create, dropped, {}, [&] {
    *out = add_event();
    model::world().learn(event_count_);
  });
  return Status::ok;
}

Status ModelDevice::destroy_event(EventId event, Dropped dropped) {
  Event* const found = find(event);
  if (found == nullptr) return Status::invalid_handle;
  model::world().yield();  // the handle goes first, before any lock
  found->destroyed = true;
  note_event(*found);
  in_call(Call::event_destroy, dropped, {.event = found}, [] {});
  return Status::ok;
}

Status ModelDevice::record_event(EventId event, StreamId stream, Dropped dropped) {
  Event* const found = find(event);
  if (found == nullptr) return Status::invalid_handle;
  Work work{.kind = Kind::record, .record = 0, .event = found->object, .body = {}, .submitter = {}};
  submit_bounded(Call::event_record, Call::event_record_full, dropped, at(stream), work, found);
  return Status::ok;
}

Status ModelDevice::wait_event(StreamId stream, EventId event, Dropped dropped) {
  Event* const found = find(event);
  if (found == nullptr) return Status::invalid_handle;
  Stream& on = at(stream);
  const Work work{.kind = Kind::await, .record = 0, .event = found->object, .body = {}, .submitter = {}};
  in_call(Call::stream_wait_event, dropped, {.stream = &on, .event = found},
          [&] { submit(on, work, Room::if_any, found); });
  return Status::ok;
}

Status ModelDevice::query_event(EventId event, Dropped dropped) {
  Event* const found = find(event);
  if (found == nullptr) return Status::invalid_handle;
  Status status = Status::ok;
  in_call(Call::event_query, dropped, {.event = found}, [&] {
    World& world = model::world();
    world.yield();
    if (found->latest != 0 && !record_done(found->latest)) status = Status::not_ready;
    world.learn(static_cast<std::uint64_t>(status));
    if (status == Status::ok) world.observe_clock(found->object);
  });
  return status;
}

Status ModelDevice::synchronize_event(EventId event, Dropped dropped) {
  Event* const found = find(event);
  if (found == nullptr) return Status::invalid_handle;
  in_call(Call::event_synchronize, dropped, {.event = found}, [] {});
  return Status::ok;
}

// ---- submission

bool ModelDevice::submit(Stream& stream, const Work& work, Room room, Event* event) {
  bool accepted = false;
  change(stream.queue, [&] {
    if (room == Room::if_any && takes_entry(work.kind) && stream.entries >= capacity_) return;
    accepted = true;
    if (work.kind == Kind::await && event->latest == 0) return;  // never recorded: no reason to wait
    if (stream.size == kMostWork)
      throw explore::ModelLimit("a stream of the model holds at most " + std::to_string(kMostWork) +
                                " pieces of work");
    Work& placed = stream.slots[(stream.first + stream.size++) % kMostWork].work;
    placed = work;
    if (model::world().hashed()) placed.submitter = model::world().history();
    if (work.kind == Kind::record) {
      if (++records_ == kMostRecords)
        throw explore::ModelLimit("an execution has at most " + std::to_string(kMostRecords - 1) +
                                  " event records");
      event->latest = records_;
    }
    if (event != nullptr) {
      placed.record = event->latest;
      note_event(*event);
    }
    if (takes_entry(work.kind) && room != Room::reserved) ++stream.entries;
    ++stream.submitted;
    note_stream(stream);
  });
  return accepted;
}

void ModelDevice::submit_bounded(Call call, Call when_full, Dropped dropped, Stream& stream, const Work& work,
                                 Event* event) {
  if (dropped != nullptr) dropped->unlock();
  Held held;
  take(rules_[call], held);
  wait(rules_[call].wait, {.stream = &stream});
  const bool accepted = submit(stream, work, Room::if_any, event);
  model::world().learn(accepted ? 1 : 0);
  give_back(held);
  if (!accepted) {
    // W is given back before C is taken: C comes before W wherever both are held.
    held = {};
    take(rules_[when_full], held);
    wait(rules_[when_full].wait, {.stream = &stream});
    take(rules_[call], held);
    submit(stream, work, rules_[when_full].wait == Wait::room ? Room::reserved : Room::beyond_capacity,
           event);
    give_back(held);
  }
  if (dropped != nullptr) dropped->lock();
}

void ModelDevice::launch_host_function(StreamId stream, ModelWork function, Dropped dropped) {
  Stream& on = at(stream);
  const Work work{.kind = Kind::host_function,
                  .record = 0,
                  .event = explore::kNoObject,
                  .body = function,
                  .submitter = {}};
  in_call(Call::launch_host_function, dropped, {.stream = &on}, [&] { submit(on, work, Room::if_any); });
}

void ModelDevice::launch_kernel(StreamId stream, ModuleId module, ModelWork kernel, Dropped dropped) {
  if (dropped != nullptr) dropped->unlock();
  if (module != loaded_module()) {
    World& world = model::world();
    Module& from = modules_[static_cast<unsigned>(module)];
    world.yield();  // looks whether it is loaded
    world.learn(from.loaded ? 1 : 0);
    if (!from.loaded) {
      const Rule& rule = rules_[Call::first_launch];
      Held held;
      take(rule, held);
      // Another thread may have loaded it while this one waited for the locks.
      world.learn(from.loaded ? 1 : 0);
      if (!from.loaded) wait(rule.wait, {.stream = &at(stream)});
      from.loaded = true;
      if (world.hashed()) world.set_state(from.object, {1, 0});
      give_back(held);
    }
  }
  const Work work{
      .kind = Kind::kernel, .record = 0, .event = explore::kNoObject, .body = kernel, .submitter = {}};
  submit_bounded(Call::launch, Call::launch_full, nullptr, at(stream), work);
  if (dropped != nullptr) dropped->lock();
}

void ModelDevice::copy_async(StreamId stream, MemoryKind host_kind, ModelWork copy, Dropped dropped) {
  Stream& on = at(stream);
  if (host_kind != MemoryKind::pageable) {
    const Work work{
        .kind = Kind::copy, .record = 0, .event = explore::kNoObject, .body = copy, .submitter = {}};
    return submit_bounded(Call::memcpy_async, Call::memcpy_async_full, dropped, on, work);
  }
  if (dropped != nullptr) dropped->unlock();
  World& world = model::world();
  world.yield();  // looks whether the stream is idle
  const bool busy = on.completed < on.submitted;
  world.learn(busy ? 1 : 0);
  Held held;
  if (busy) {
    take(rules_[Call::memcpy_async_busy], held);
    wait(rules_[Call::memcpy_async_busy].wait, {.stream = &on});
  }
  take(rules_[Call::memcpy_async], held);
  world.observe_clock(on.done);
  copy();
  give_back(held);
  if (dropped != nullptr) dropped->lock();
}

void ModelDevice::copy(ModelWork copy, Dropped dropped) {
  in_call(Call::memcpy, dropped, {}, [&] { copy(); });
}

}  // namespace kvtool
