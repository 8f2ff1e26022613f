// The actors of `gil-hostfunc`: what each party does between two operations of the runtime lock. The harness
// (Python, JavaScript or a C++ test) strings these sections together and decides for each whether the runtime
// lock is kept or dropped around it; that choice is what the variants differ in.
//
//   publisher   begin_request; launch_callback, bus().publish_on_stream or bus().publish_stamped;
//   end_publish,
//               settle
//   launcher    await_pending, blocking_call
//   entrant     await_holder, enter
//   destructor  create_events, destroy_events
//   A and B of `mutex-then-gil`   lock_guard_mutex, driver_call, unlock_guard_mutex
//   caller and response thread of `wait-under-lock`   response()
//   reaper of `unmap-waits-forever`   reaper()
//   binding of `callable-lifetime`   callables(), callable_gap
//
// Everything is a template over the runtime policy, so that the code that is explored is the code that runs.
#pragma once

#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/event_bus.h"
#include "core/runtime/flight.h"
#include "gil-hostfunc/callables.h"
#include "gil-hostfunc/parameters.h"
#include "gil-hostfunc/reaper.h"
#include "gil-hostfunc/response.h"
#include "gil-hostfunc/runtime_callback.h"
#include "gil-hostfunc/window.h"

namespace kvtool::gil_hostfunc {

inline constexpr const char* kStoreStart = "kv.store.start";
inline constexpr const char* kStoreEnd = "kv.store.end";
inline constexpr std::size_t kChunkBytes = 64 * 1024;  // one request's KV chunk; the copy really moves it

template <class Rt>
class World {
 public:
  // `devices` are the contexts, at least one; the first is the one that launcher and entrant use. All
  // references must outlive the world. Throws std::runtime_error when a stream or buffer cannot be made.
  World(const Parameters& parameters, Flight& flight, std::vector<Device*> devices)
      : parameters_(parameters),
        flight_(flight),
        devices_(std::move(devices)),
        window_(flight, parameters.needs_entrant, parameters.steer),
        response_(flight, window_, parameters_.runtime_lock),
        reaper_(parameters_, flight, window_, *devices_.front(),
                [this] { window_.hold_kernel(hold_limit()); }),
        callables_(flight),
        bus_(*devices_.front(), {}),
        random_(parameters.seed),
        guard_mutex_("M"),
        callbacks_scheduled_(flight.counter("callbacks.scheduled", CounterKind::gauge)),
        callbacks_run_(flight.counter("callbacks.run", CounterKind::gauge)),
        requests_(flight.counter("requests", CounterKind::progress)),
        launches_(flight.counter("launcher.calls", CounterKind::progress)),
        entries_(flight.counter("entrant.calls", CounterKind::progress)),
        events_created_(flight.counter("driver-events.created", CounterKind::gauge)),
        events_destroyed_(flight.counter("driver-events.destroyed", CounterKind::gauge)) {
    for (Device* device : devices_)
      for (std::uint32_t worker = 0; worker < parameters_.workers; ++worker)
        lanes_.push_back(make_lane(*device));
    require(first().create_stream(&launcher_stream_), "create the launcher's stream");
    require(first().create_stream(&entrant_stream_), "create the entrant's stream");
    require(first().create_event(&entrant_event_), "create the entrant's event");
    // After the lanes, so that the streams have the same numbers on every path.
    if (parameters_.stamps) bus_.use_stamps();
    bus_.declare(kStoreStart);
    bus_.declare(kStoreEnd);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  EventBus<Rt>& bus() { return bus_; }
  Window<Rt>& window() { return window_; }
  Response<Rt>& response() { return response_; }
  Reaper<Rt>& reaper() { return reaper_; }
  Callables<Rt>& callables() { return callables_; }
  StreamId stream(std::uint32_t worker) const { return lanes_[worker].stream; }
  StreamId entrant_stream() const { return entrant_stream_; }

  // To be called by the device when a thread is about to wait inside the driver (SimOptions::on_wait).
  static void on_driver_wait() { HolderScope<Rt>::on_driver_wait(); }

  // The actors start: from here on worker 0's kernels are held for the window. Before it (warm-up) they are
  // short. REQUIRES: called before the actors' threads begin, which orders it before their reads.
  void release() { released_ = true; }

  // ---- publisher

  // Enqueues a request's kernel and its copy on `worker`'s stream of every context. The steered window covers
  // worker 0 only; the other workers' kernels are short.
  void begin_request(std::uint32_t worker) {
    if (worker == 0) window_.arm();
    const bool held = worker == 0 && released_;
    // A kernel that ends gives its queue entry back, and with it the room that a launcher in front of a full
    // queue must go on waiting for. There a host function holds the request: it has no entry.
    const bool by_host_function = parameters_.blocking_call == BlockingCall::full_queue;
    const KernelBody hold = [this] { window_.hold_kernel(hold_limit()); };
    for (std::size_t context = 0; context < devices_.size(); ++context) {
      Lane& lane = lane_of(context, worker);
      Device& device = *devices_[context];
      require(device.launch_kernel(lane.stream, device.loaded_module(),
                                   held && !by_host_function ? hold : KernelBody()),
              "launch the request's kernel");
      require(device.copy_async(lane.device_buffer, lane.host_buffer, kChunkBytes, MemoryKind::pinned,
                                lane.stream),
              "enqueue the request's copy");
      if (held && by_host_function)
        require(device.launch_host_function(lane.stream, &World::hold_request, this), "hold the request");
    }
  }

  // The callback path: a host function that runs the runtime's code for `id`, on every context.
  Status launch_callback(std::uint32_t worker, std::uint64_t id, RuntimeCallback& callback) {
    Status status = Status::ok;
    for (std::size_t context = 0; context < devices_.size() && status == Status::ok; ++context) {
      // Owned by the host function from a successful launch on.
      auto call = std::make_unique<Call>(Call{this, &callback, id, context == 0});
      status = devices_[context]->launch_host_function(lane_of(context, worker).stream, &World::run_call,
                                                       call.get());
      if (status != Status::ok) continue;
      (void)call.release();
      callbacks_scheduled_.add(1);
    }
    return status;
  }

  void end_publish(std::uint32_t worker) {
    if (worker == 0) window_.set_pending();
  }

  // Waits until the worker's streams have done everything; completes the request.
  void settle(std::uint32_t worker) {
    for (std::size_t context = 0; context < devices_.size(); ++context)
      require(devices_[context]->synchronize_stream(lane_of(context, worker).stream),
              "synchronise the request's stream");
    if (worker == 0) window_.disarm();
    requests_.add(1);
  }

  // ---- launcher

  // The call that waits inside the driver, behind worker 0's stream where a stream is needed.
  void blocking_call() {
    Device& device = first();
    const HolderScope<Rt> scope(window_);
    switch (parameters_.blocking_call) {
      case BlockingCall::first_load: {
        ModuleId module{};
        require(device.create_module(&module), "register a module");
        require(device.launch_kernel(launcher_stream_, module, {}), "launch from a module not loaded yet");
        break;
      }
      case BlockingCall::free: {
        void* memory = nullptr;
        require(device.allocate(kChunkBytes, MemoryKind::device, &memory), "allocate");
        require(device.free(memory), "free");
        break;
      }
      case BlockingCall::full_queue:
        // More than any queue holds; the launch that finds no room waits for the kernel at the head.
        for (int i = 0; i < kMoreThanAnyQueue; ++i)
          require(device.launch_kernel(stream(0), device.loaded_module(), {}), "launch into a full queue");
        break;
      case BlockingCall::synchronize:
        require(device.synchronize_stream(stream(0)), "synchronise the publisher's stream");
        break;
    }
    launches_.add(1);
  }

  // ---- entrant

  // The short driver call of another worker. Declares its arrival first: from here on it goes straight to the
  // driver.
  void enter() {
    const EntrantScope<Rt> scope(window_);
    Device& device = first();
    switch (parameters_.entrant_call) {
      case EntrantCall::event_record:
        require(device.record_event(entrant_event_, entrant_stream_), "record an event");
        break;
      case EntrantCall::event_create: {
        EventId event{};
        require(device.create_event(&event), "create an event");
        require(device.destroy_event(event), "destroy an event");
        break;
      }
      case EntrantCall::set_device:
        require(device.set_device(), "set the device");
        break;
    }
    entries_.add(1);
  }

  // ---- destructor-syncs

  void create_events() {
    while (live_events_.size() < parameters_.live_events) {
      EventId event{};
      require(first().create_event(&event), "create an event");
      live_events_.push_back(event);
      events_created_.add(1);
    }
  }

  // What a garbage collector does: the last reference goes, the destructor calls the driver.
  void destroy_events() {
    const HolderScope<Rt> scope(window_);
    window_
        .holder_waits();  // at the call: on a driver that does not wait here, the window is open all the same
    while (!live_events_.empty()) {
      require(first().destroy_event(live_events_.back()), "destroy an event");
      live_events_.pop_back();
      events_destroyed_.add(1);
    }
    launches_.add(1);
  }

  // ---- mutex-then-gil

  // M, the mutex that a binding guards its handle table with.
  void lock_guard_mutex() { guard_mutex_.lock(); }
  void unlock_guard_mutex() { guard_mutex_.unlock(); }
  // The driver call made under M: waits for worker 0's stream.
  void driver_call() {
    const HolderScope<Rt> scope(window_);
    require(first().synchronize_stream(stream(0)), "synchronise the publisher's stream");
    launches_.add(1);
  }
  // B's turn: about to take M with the runtime lock as the harness chose.
  void entrant_arrives() { window_.entrant_arrives(); }
  void entrant_done() {
    window_.entrant_leaves();
    entries_.add(1);
  }

  // ---- callable-lifetime

  // Between the conversion of a callable and its enqueueing, with the runtime lock dropped: as long as it
  // takes another thread to drop its reference.
  void callable_gap() {
    const HolderScope<Rt> scope(window_);
    window_.holder_waits();
    window_.hold_kernel(hold_limit());
  }

 private:
  static constexpr int kMoreThanAnyQueue = 4096;

  struct Lane {
    StreamId stream{};
    void* host_buffer = nullptr;
    void* device_buffer = nullptr;
  };

  struct Call {
    World* world;
    RuntimeCallback* callback;
    std::uint64_t id;
    bool first_context;
  };

  static void run_call(void* argument) {
    const std::unique_ptr<Call> call(static_cast<Call*>(argument));
    World& world = *call->world;
    const std::uint64_t stamp_ns = monotonic_ns();
    // Wanted until the callback is over, not only until it first has the lock: the runtime may take the lock
    // away in between (CPython's switch interval), and then this thread waits for it again.
    const ScopedWait wait(world.parameters_.runtime_lock, "host function (runtime callback)");
    // Only the first context's callback publishes, so that every event is delivered once.
    call->callback->run(call->first_context ? call->id : 0, stamp_ns);
    world.callbacks_run_.add(1);
  }

  void require(Status status, const char* doing) { require(first(), status, doing); }
  // `device` made the call, on this thread.
  static void require(const Device& device, Status status, const char* doing) {
    if (status == Status::ok) return;
    throw std::runtime_error(std::string("cannot ") + doing + ": " + device.describe(status));
  }

  Device& first() { return *devices_.front(); }
  Lane& lane_of(std::size_t context, std::uint32_t worker) {
    return lanes_[context * parameters_.workers + worker];
  }

  Lane make_lane(Device& device) {
    Lane lane;
    require(device, device.create_stream(&lane.stream), "create a worker's stream");
    require(device, device.allocate(kChunkBytes, MemoryKind::pinned, &lane.host_buffer),
            "allocate pinned memory");
    require(device, device.allocate(kChunkBytes, MemoryKind::device, &lane.device_buffer),
            "allocate device memory");
    return lane;
  }

  static void hold_request(void* world) {
    auto* self = static_cast<World*>(world);
    self->window_.hold_kernel(self->hold_limit());
  }

  std::chrono::microseconds hold_limit() {
    const std::int64_t longest = parameters_.kernel_limit.count();
    if (parameters_.steer) return parameters_.kernel_limit;
    const std::lock_guard guard(random_mutex_);
    return std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, longest)(random_));
  }

  const Parameters parameters_;
  Flight& flight_;
  const std::vector<Device*> devices_;
  Window<Rt> window_;
  Response<Rt> response_;
  Reaper<Rt> reaper_;
  Callables<Rt> callables_;
  EventBus<Rt> bus_;
  // Guards random_: the streams and executors of several contexts may draw at once.
  typename Rt::mutex random_mutex_;
  std::mt19937_64 random_;
  typename Rt::named_mutex guard_mutex_;
  Counter callbacks_scheduled_, callbacks_run_, requests_, launches_, entries_, events_created_,
      events_destroyed_;
  std::vector<Lane> lanes_;  // by context, then worker
  StreamId launcher_stream_{};
  StreamId entrant_stream_{};
  EventId entrant_event_{};
  bool released_ = false;
  std::vector<EventId> live_events_;  // touched by the destructor thread only
};

}  // namespace kvtool::gil_hostfunc
