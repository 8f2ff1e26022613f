#include "capi/handles.h"
#include "core/device/sim/driver_model.h"
#include "gil-hostfunc/device_world.h"
#include "gil-hostfunc/foreign_callbacks.h"

namespace {

// Calls the function that the runtime registered; that function takes the runtime lock.
class CallRuntime final : public kvtool::gil_hostfunc::RuntimeCallback {
 public:
  explicit CallRuntime(kvt_runtime_callback callback) : callback_(callback) {}
  void run(std::uint64_t id, std::uint64_t stamp_ns) override { callback_(id, stamp_ns); }

 private:
  kvt_runtime_callback callback_;
};

constexpr const char* kGil = "runtime-lock:GIL";

}  // namespace

struct kvt_gil_hostfunc {
  kvt_gil_hostfunc(const char* config_json, kvtool::Flight& flight, kvt_runtime_callback runtime_callback)
      : world(kvtool::gil_hostfunc::parse_parameters(config_json, kGil), flight),
        foreign_callbacks(flight, world.device(), kGil),
        callback(runtime_callback) {
    bus.bus = &world.actors().bus();
    bus.flight = &flight;
    bus.runtime_lock = kGil;
  }

  kvt_gil_hostfunc(const kvt_gil_hostfunc&) = delete;
  kvt_gil_hostfunc& operator=(const kvt_gil_hostfunc&) = delete;
  // Host functions under way use what goes before the device.
  ~kvt_gil_hostfunc() { (void)world.device().synchronize_device(); }

  CallRuntime& runtime() { return callback; }
  auto& actors() { return world.actors(); }

  kvtool::gil_hostfunc::DeviceWorld world;
  kvtool::gil_hostfunc::ForeignCallbacks foreign_callbacks;
  CallRuntime callback;
  kvt_bus bus;
};

struct kvt_foreign_call {
  std::optional<kvtool::ScopedHold> kept;
  std::unique_ptr<kvtool::ForeignCall> declared;
};

namespace capi = kvtool::capi;

namespace {

// For sections that return nothing.
template <class Section>
int run(int lock_kept, Section section) {
  return capi::with_lock(lock_kept, [&] {
    section();
    return 0;
  });
}

template <class Section>
int run_short(Section section) {
  return capi::guarded([&] {
    section();
    return 0;
  });
}

kvtool::Call call_named(std::string_view name) {
  for (std::size_t i = 0; i < kvtool::kCalls; ++i)
    if (const auto call = static_cast<kvtool::Call>(i); kvtool::call_name(call) == name) return call;
  throw std::runtime_error("the driver has no call " + std::string(name));
}

}  // namespace

kvt_gil_hostfunc* kvt_gil_hostfunc_create(kvt_flight* flight, const char* config_json,
                                          kvt_runtime_callback callback) {
  return capi::guarded_handle(
      [&] { return std::make_unique<kvt_gil_hostfunc>(config_json, *flight->flight, callback).release(); });
}

void kvt_gil_hostfunc_free(kvt_gil_hostfunc* world) { const std::unique_ptr<kvt_gil_hostfunc> owner(world); }

kvt_bus* kvt_gil_hostfunc_bus(kvt_gil_hostfunc* world) { return &world->bus; }

int kvt_gil_hostfunc_release(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().release(); });
}

uint32_t kvt_gil_hostfunc_stream(kvt_gil_hostfunc* world, uint32_t worker) {
  return static_cast<uint32_t>(world->actors().stream(worker));
}

int kvt_gil_hostfunc_begin_request(kvt_gil_hostfunc* world, uint32_t worker) {
  return run(0, [&] { world->actors().begin_request(worker); });
}

int kvt_gil_hostfunc_launch_callback(kvt_gil_hostfunc* world, uint32_t worker, uint64_t id) {
  return capi::dropped(
      [&] { return static_cast<int>(world->actors().launch_callback(worker, id, world->runtime())); });
}

int kvt_gil_hostfunc_end_publish(kvt_gil_hostfunc* world, uint32_t worker) {
  return run_short([&] { world->actors().end_publish(worker); });
}

int kvt_gil_hostfunc_settle(kvt_gil_hostfunc* world, uint32_t worker) {
  return run(0, [&] { world->actors().settle(worker); });
}

int kvt_gil_hostfunc_await_pending(kvt_gil_hostfunc* world, uint64_t* seen) {
  return capi::dropped([&] { return world->actors().window().await_pending(seen) ? 1 : 0; });
}

int kvt_gil_hostfunc_await_holder(kvt_gil_hostfunc* world, uint64_t* seen) {
  return capi::dropped([&] { return world->actors().window().await_holder(seen) ? 1 : 0; });
}

int kvt_gil_hostfunc_close(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().window().close(); });
}

int kvt_gil_hostfunc_blocking_call(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().blocking_call(); });
}

int kvt_gil_hostfunc_enter(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().enter(); });
}

int kvt_gil_hostfunc_create_events(kvt_gil_hostfunc* world) {
  return run(0, [&] { world->actors().create_events(); });
}

int kvt_gil_hostfunc_destroy_events(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().destroy_events(); });
}

int kvt_gil_hostfunc_arrive(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().entrant_arrives(); });
}

int kvt_gil_hostfunc_lock_mutex(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().lock_guard_mutex(); });
}

int kvt_gil_hostfunc_driver_call(kvt_gil_hostfunc* world) {
  return run(0, [&] { world->actors().driver_call(); });
}

int kvt_gil_hostfunc_unlock_mutex(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().unlock_guard_mutex(); });
}

int kvt_gil_hostfunc_entrant_done(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().entrant_done(); });
}

int kvt_gil_hostfunc_await_response(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().response().wait(); });
}

int kvt_gil_hostfunc_respond(kvt_gil_hostfunc* world, uint64_t* seen) {
  return capi::dropped([&] { return world->actors().response().respond(seen, world->runtime()) ? 1 : 0; });
}

int kvt_gil_hostfunc_map_segment(kvt_gil_hostfunc* world) {
  return run(0, [&] { world->actors().reaper().map_segment(); });
}

int kvt_gil_hostfunc_unmap_segment(kvt_gil_hostfunc* world, int lock_kept) {
  return run(lock_kept, [&] { world->actors().reaper().unmap_segment(lock_kept == 0); });
}

int kvt_gil_hostfunc_audit_segments(kvt_gil_hostfunc* world) {
  return run_short([&] { world->actors().reaper().audit(); });
}

uint64_t kvt_gil_hostfunc_callable_make(kvt_gil_hostfunc* world) {
  return world->actors().callables().make();
}

int kvt_gil_hostfunc_callable_freed(kvt_gil_hostfunc* world, uint64_t object) {
  return run_short([&] { world->actors().callables().freed(object); });
}

int kvt_gil_hostfunc_callable_use(kvt_gil_hostfunc* world, uint64_t object) {
  return capi::guarded([&] { return world->actors().callables().use(object) ? 1 : 0; });
}

int kvt_gil_hostfunc_callable_gap(kvt_gil_hostfunc* world) {
  return run(0, [&] { world->actors().callable_gap(); });
}

uint32_t kvt_gil_hostfunc_entrant_stream(kvt_gil_hostfunc* world) {
  return static_cast<uint32_t>(world->actors().entrant_stream());
}

int kvt_gil_hostfunc_native_stream(kvt_gil_hostfunc* world, uint32_t stream, uint64_t* handle) {
  return capi::guarded([&] {
    void* native = nullptr;
    const kvtool::Status status = world->world.device().native_stream(kvtool::StreamId{stream}, &native);
    if (status == kvtool::Status::ok) *handle = reinterpret_cast<std::uintptr_t>(native);
    return static_cast<int>(status);
  });
}

int kvt_gil_hostfunc_announce_callback(kvt_gil_hostfunc* world, uint32_t stream, uint64_t id) {
  return capi::dropped(
      [&] { return static_cast<int>(world->foreign_callbacks.announce(kvtool::StreamId{stream}, id)); });
}

int kvt_gil_hostfunc_callback_begins(kvt_gil_hostfunc* world, uint64_t id, uint64_t* stamp_ns) {
  return run_short([&] { *stamp_ns = world->foreign_callbacks.begins(id); });
}

int kvt_gil_hostfunc_callback_ends(kvt_gil_hostfunc* world, uint64_t id) {
  return run_short([&] { world->foreign_callbacks.ends(id); });
}

int kvt_gil_hostfunc_withdraw_callback(kvt_gil_hostfunc* world, uint64_t id) {
  return run_short([&] { world->foreign_callbacks.withdraw(id); });
}

kvt_foreign_call* kvt_gil_hostfunc_foreign_call(kvt_gil_hostfunc* world, uint32_t stream, const char* call,
                                                int lock_kept) {
  return capi::guarded_handle([&] {
    auto made = std::make_unique<kvt_foreign_call>();
    if (lock_kept != 0) made->kept.emplace(capi::runtime_lock());
    made->declared = world->world.device().declare(call_named(call), kvtool::StreamId{stream},
                                                   lock_kept != 0 ? std::string() : capi::runtime_lock());
    return made.release();
  });
}

void kvt_foreign_call_end(kvt_foreign_call* call) { const std::unique_ptr<kvt_foreign_call> owner(call); }
