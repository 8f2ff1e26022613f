// ModelDevice: a GPU device inside the explorer. Which locks a call takes and what it then waits for is asked
// of the same DriverModel as the simulated device asks, under the same names ("driver-lock:W", "device:idle",
// "stream:1"), so a call that blocks here blocks there, for the same reason.
//
// Streams and the host-function executor are daemon actors. They are declared with the program's own:
//
//   static constexpr unsigned kActors = 2 + ModelDevice::servers(1);   // one stream
//   void run(unsigned actor) { if (actor >= 2) device.serve(actor - 2); else ... }
//   ModelDevice device{kModel, 1};
//
// What is submitted happens before it runs, what has run happens before whoever waited for it, and a recorded
// event before whoever waits for the event; nothing else is ordered, so a missing event shows as a race.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "core/device/device.h"
#include "core/device/sim/driver_model.h"
#include "core/runtime/model_runtime.h"

namespace kvtool {

// A callable of at most three words, such as a lambda that captures `this` and a number. It may contain
// visible operations. The empty one does nothing.
class ModelWork {
 public:
  ModelWork() = default;
  template <class Body>
  requires(!std::is_same_v<Body, ModelWork>)  // NOLINTNEXTLINE(google-explicit-constructor): as std::function
      ModelWork(Body body)
      : run_([](void* captured) { (*static_cast<Body*>(captured))(); }) {
    static_assert(sizeof(Body) <= kBytes && std::is_trivially_copyable_v<Body> &&
                  std::is_trivially_destructible_v<Body>);
    new (captured_) Body(body);
  }
  void operator()() {
    if (run_ != nullptr) run_(captured_);
  }

 private:
  static constexpr std::size_t kBytes = 24;
  void (*run_)(void*) = nullptr;
  alignas(std::max_align_t) std::byte captured_[kBytes];
};

class ModelDevice {
 public:
  static constexpr unsigned kMostStreams = 6;
  static constexpr unsigned kMostEvents = 8;
  static constexpr unsigned kMostModules = 4;
  static constexpr unsigned kMostWork = 12;     // in one stream at a time
  static constexpr unsigned kMostRecords = 64;  // of all events in one execution

  // Where a binding drops the runtime's lock round the call: that lock. nullptr: the lock is kept, or there
  // is none.
  using Dropped = model::RuntimeLock*;

  // The actors that a device with so many streams needs: the executor (0), then a stream each.
  static constexpr unsigned servers(unsigned streams) { return 1 + streams; }
  static std::string_view server_name(unsigned server);

  // `rules` must outlive the device. Streams are numbered from 1, as on the simulated device. `capacity`: how
  // many launches, copies and event records a stream holds before the next one waits.
  ModelDevice(const DriverModel& rules, unsigned streams, unsigned capacity = 4);
  ModelDevice(const ModelDevice&) = delete;
  ModelDevice& operator=(const ModelDevice&) = delete;

  // The body of a server's actor. Does not return.
  void serve(unsigned server);

  static StreamId stream(unsigned number) { return static_cast<StreamId>(number); }
  // For set-up: an event, and a module that is not loaded. No driver calls.
  EventId add_event();
  ModuleId add_module();
  static ModuleId loaded_module() { return static_cast<ModuleId>(0); }

  // A call that touches none of the objects below: its locks, and its wait for the device if it has one.
  void call(Call call, Dropped dropped = nullptr);
  void set_device(Dropped dropped = nullptr) { call(Call::set_device, dropped); }
  void allocate(MemoryKind kind, Dropped dropped = nullptr);
  void free(MemoryKind kind, Dropped dropped = nullptr);

  void synchronize_stream(StreamId stream, Dropped dropped = nullptr);
  void synchronize_device(Dropped dropped = nullptr) { call(Call::device_synchronize, dropped); }
  Status query_stream(StreamId stream, Dropped dropped = nullptr);

  Status create_event(EventId* out, Dropped dropped = nullptr);
  Status destroy_event(EventId event, Dropped dropped = nullptr);
  Status record_event(EventId event, StreamId stream, Dropped dropped = nullptr);
  // Later work of `stream` waits for the event's latest record. One that was never recorded is waited for by
  // nobody.
  Status wait_event(StreamId stream, EventId event, Dropped dropped = nullptr);
  Status query_event(EventId event, Dropped dropped = nullptr);
  Status synchronize_event(EventId event, Dropped dropped = nullptr);

  void launch_host_function(StreamId stream, ModelWork function, Dropped dropped = nullptr);
  void launch_kernel(StreamId stream, ModuleId module, ModelWork kernel, Dropped dropped = nullptr);
  // `copy` moves the bytes: on the stream, or by the caller once the stream's work is done if the host's
  // memory is pageable.
  void copy_async(StreamId stream, MemoryKind host_kind, ModelWork copy, Dropped dropped = nullptr);
  void copy(ModelWork copy, Dropped dropped = nullptr);

  // For invariants; no driver calls, no visible steps.
  unsigned pending_host_functions() const;
  bool idle() const;

 private:
  using ObjectId = explore::ObjectId;
  using World = explore::World;
  enum class Kind : std::uint8_t { kernel, host_function, copy, record, await };

  struct Work {
    Kind kind;
    std::uint16_t record;  // of an event: made by `record`, awaited by `await`
    ObjectId event;
    ModelWork body;
    explore::Hash128 submitter;  // identifies `body`: the same history submits the same
  };
  // Made without being written: a device is made for every execution.
  union Slot {
    Work work;
    Slot() {}  // NOLINT(modernize-use-equals-default): that one would be deleted
  };
  struct Stream {
    ObjectId done, queue;
    std::uint16_t entries = 0;                   // that count against the capacity
    std::uint16_t first = 0, size = 0;           // in `slots`
    std::uint16_t submitted = 0, completed = 0;  // in all
    bool handed = false;                         // the host function in front is the executor's now
    std::array<Slot, kMostWork> slots;
    Work& front() { return slots[first].work; }
  };
  struct Event {
    ObjectId object;
    std::uint16_t latest = 0;  // record, from 1; 0: never recorded
    bool destroyed = false;
  };
  struct Module {
    ObjectId object;
    bool loaded = false;
  };
  struct Held {
    bool runtime = false, context = false;
    Hold launch = Hold::none;
  };
  struct Target {
    Stream* stream = nullptr;
    Event* event = nullptr;
  };

  template <class Inside>
  void in_call(Call call, Dropped dropped, Target target, Inside inside);
  void take(const Rule& rule, Held& held);
  void give_back(const Held& held);
  void wait(Wait wait, Target target);
  void wait_for_stream(Stream& stream);
  void wait_for_room(Stream& stream);
  void wait_for_event(Event& event);
  void wait_for_device();

  enum class Room : std::uint8_t { if_any, reserved, beyond_capacity };
  // False: the queue is full. `event`: what a record or await is of.
  bool submit(Stream& stream, const Work& work, Room room, Event* event = nullptr);
  void submit_bounded(Call call, Call when_full, Dropped dropped, Stream& stream, const Work& work,
                      Event* event = nullptr);
  static bool takes_entry(Kind kind) { return kind != Kind::host_function && kind != Kind::await; }
  bool record_done(std::uint16_t record) const { return (records_done_ >> record & 1U) != 0; }

  [[noreturn]] void run_stream(Stream& stream);
  [[noreturn]] void run_executor();
  void run_front(Stream& stream);
  void complete(Stream& stream);

  // Whose actors have to take a step before `object` (a stream's work, an event, the idle device) is done.
  explore::AgentSet completers(ObjectId object) const;
  void completed_by_servers(ObjectId object);
  explore::AgentSet server_of(const Stream& stream) const;

  Stream& at(StreamId id) { return streams_[static_cast<unsigned>(id) - 1]; }
  Event* find(EventId id);
  void note_stream(const Stream& stream);
  void note_event(const Event& event);
  void note_executor();

  const DriverModel& rules_;
  const unsigned stream_count_, capacity_;
  model::Mutex runtime_lock_, context_lock_;
  model::SharedMutex launch_lock_;
  const ObjectId idle_;       // completed: some stream's work
  const ObjectId functions_;  // host functions whose turn it is, awaited by the executor
  std::array<Stream, kMostStreams> streams_;
  std::array<std::uint8_t, 1 + kMostStreams> server_actor_{};  // by server; known once they run
  std::array<Event, kMostEvents> events_;
  std::array<Module, kMostModules> modules_;
  unsigned event_count_ = 0, module_count_ = 1;     // module 0 is loaded
  std::array<std::uint8_t, kMostStreams> ready_{};  // streams whose host function waits for the executor
  unsigned ready_count_ = 0;
  bool function_runs_ = false;
  std::uint16_t records_ = 0;
  std::uint64_t records_done_ = 0;
};

}  // namespace kvtool
