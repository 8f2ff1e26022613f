/* The C ABI of libkvtool.so, for language runtimes that load it themselves (CPython through ctypes).
 *
 * Which lock a call runs under is the caller's choice: ctypes' CDLL drops the GIL round a call, PyDLL keeps
 * it, and a CFUNCTYPE callback takes it. Nothing here knows about CPython.
 *
 * Every int result: 0 is success, a positive number is a device Status (CUDA's numbering), -1 means that
 * kvt_last_error() of the same thread says what went wrong.
 *
 * Lock lines tell the truth about the runtime lock only if they change while the lock's state is certain. So
 * a call that may block either takes `lock_kept` (1: called through PyDLL, the lock is held for the whole
 * call and the line says so) or is marked DROPPED: call it through CDLL. A DROPPED call, and one with
 * lock_kept 0, leaves the line wanting the runtime lock, because taking it again is the next thing that
 * happens; call kvt_end_wait (through PyDLL) first thing afterwards. Pointers are handles made and freed
 * here; no function takes ownership of a string, and strings returned stay valid until the same thread's next
 * call.
 */
#ifndef KVTOOL_CAPI_H
#define KVTOOL_CAPI_H

#include <stdint.h>

#define KVT_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kvt_flight kvt_flight;
typedef struct kvt_device kvt_device;
typedef struct kvt_bus kvt_bus;
typedef struct kvt_gil_hostfunc kvt_gil_hostfunc;
typedef struct kvt_foreign_call kvt_foreign_call;

/* ABI version: raised when a signature changes. */
KVT_API int kvt_abi_version(void);
KVT_API const char* kvt_last_error(void);

/* ---- flight file: progress, state and lock lines (native/core/runtime/flight_layout.h) */
KVT_API kvt_flight* kvt_flight_map(const char* path); /* NULL on error */
KVT_API void kvt_flight_free(kvt_flight* flight);
KVT_API int kvt_flight_running(kvt_flight* flight);  /* the actors are released */
KVT_API int kvt_flight_finished(kvt_flight* flight); /* all work is done */
KVT_API int kvt_flight_failed(kvt_flight* flight, const char* message);
KVT_API int kvt_flight_window_opened(kvt_flight* flight); /* every party is in position */
/* kind: 1 progress, 2 heartbeat, 3 gauge. */
KVT_API int kvt_counter_add(kvt_flight* flight, const char* name, int kind, uint64_t amount);
KVT_API int kvt_counter_raise(kvt_flight* flight, const char* name, uint64_t value);
/* The calling thread's lock line. begin names the thread and the runtime lock that it runs under between two
 * calls, e.g. `runtime-lock:GIL`; end must be called by the same thread. */
KVT_API int kvt_thread_begin(kvt_flight* flight, const char* name, const char* runtime_lock);
KVT_API void kvt_thread_end(void);
KVT_API void kvt_want(const char* resource, const char* where);
KVT_API void kvt_got(void);
KVT_API void kvt_end_wait(void);
KVT_API void kvt_hold(const char* resource);
KVT_API void kvt_drop(const char* resource);

/* ---- the built-in device */
/* model: 580-cuda13, 575-cuda12 or hip. flight may be NULL. NULL on error. */
KVT_API kvt_device* kvt_device_sim(kvt_flight* flight, const char* model);
KVT_API void kvt_device_free(kvt_device* device);
KVT_API int kvt_stream_create(kvt_device* device, uint32_t* stream);
/* DROPPED */ KVT_API int kvt_stream_synchronize(kvt_device* device, uint32_t stream);
/* Tests: every `every`-th launch of a host function fails with Status::launch_failure; 0 switches it off. */
KVT_API int kvt_device_fail_launches(kvt_device* device, uint32_t every);

/* ---- event bus: one recorder each, nothing shared between two of them */
typedef struct kvt_bus_stats {
  uint64_t published, delivered, lost, unknown_type, subscriber_threw;
  uint64_t publish_count, publish_ns, deliver_count, deliver_ns, deliver_max_ns;
} kvt_bus_stats;

/* Runs on the bus's own thread. The event is one JSON object: type, session, timestampNs (wall clock),
 * monotonicNs, errorNs (how far both may be off; 0: not told by another clock), metadata. Returns 0, or
 * not 0 when the subscriber failed: counted, and every other subscriber and event still gets its turn. */
typedef int (*kvt_subscriber)(const char* event_json, void* context);

KVT_API kvt_bus* kvt_bus_create(kvt_device* device, uint32_t capacity); /* 0: the default capacity */
KVT_API void kvt_bus_free(kvt_bus* bus);
KVT_API int kvt_bus_declare(kvt_bus* bus, const char* type);
KVT_API int kvt_bus_subscribe(kvt_bus* bus, const char* type, kvt_subscriber subscriber, void* context);
KVT_API int kvt_bus_start(kvt_bus* bus);
/* Never waits: call it either way. metadata_json: an object; see kvtool_capi.py for how each Python type
 * travels. */
KVT_API int kvt_bus_publish(kvt_bus* bus, const char* type, const char* session, const char* metadata_json);
/* DROPPED */ KVT_API int kvt_bus_publish_on_stream(kvt_bus* bus, uint32_t stream, const char* type,
                                                    const char* session, const char* metadata_json);
/* The same by stamps of the GPU: no host function, so nothing that the stream could wait for. The status is
 * 801 (not supported) before kvt_bus_use_stamps, which must come before kvt_bus_start and fails when the
 * device cannot stamp. From then on the device must outlive the bus. */
/* DROPPED */ KVT_API int kvt_bus_use_stamps(kvt_bus* bus);
/* DROPPED */ KVT_API int kvt_bus_publish_stamped(kvt_bus* bus, uint32_t stream, const char* type,
                                                  const char* session, const char* metadata_json);
/* Synchronises with what is in flight for at most timeout_ms, then closes the bus: what comes later is
 * discarded and counted, never delivered to another bus. */
/* DROPPED */ KVT_API int kvt_bus_stop(kvt_bus* bus, uint32_t timeout_ms);
KVT_API int kvt_bus_read_stats(kvt_bus* bus, kvt_bus_stats* out);

/* ---- scenario gil-hostfunc (scenarios/gil-hostfunc/actors.h) */
/* Runs on the driver's host-function thread; must take the runtime lock itself. id 0 carries no event;
 * stamp_ns is when the host function began (CLOCK_MONOTONIC). */
typedef void (*kvt_runtime_callback)(uint64_t id, uint64_t stamp_ns);

/* config_json: the harness configuration (KVTOOL_HARNESS). NULL on error. */
KVT_API kvt_gil_hostfunc* kvt_gil_hostfunc_create(kvt_flight* flight, const char* config_json,
                                                  kvt_runtime_callback callback);
KVT_API void kvt_gil_hostfunc_free(kvt_gil_hostfunc* world);
/* Owned by the world; kvt_bus_* functions apply to it, kvt_bus_free does not. */
KVT_API kvt_bus* kvt_gil_hostfunc_bus(kvt_gil_hostfunc* world);
/* The warm-up is over and the actors may start; call it before they do. */
KVT_API int kvt_gil_hostfunc_release(kvt_gil_hostfunc* world);
KVT_API uint32_t kvt_gil_hostfunc_stream(kvt_gil_hostfunc* world, uint32_t worker);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_begin_request(kvt_gil_hostfunc* world, uint32_t worker);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_launch_callback(kvt_gil_hostfunc* world, uint32_t worker,
                                                           uint64_t id);
KVT_API int kvt_gil_hostfunc_end_publish(kvt_gil_hostfunc* world, uint32_t worker);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_settle(kvt_gil_hostfunc* world, uint32_t worker);
/* 1: go on, 0: the run is over. *seen: the last request this thread took part in, 0 at first. */
/* DROPPED */ KVT_API int kvt_gil_hostfunc_await_pending(kvt_gil_hostfunc* world, uint64_t* seen);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_await_holder(kvt_gil_hostfunc* world, uint64_t* seen);
KVT_API int kvt_gil_hostfunc_close(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_blocking_call(kvt_gil_hostfunc* world, int lock_kept);
KVT_API int kvt_gil_hostfunc_enter(kvt_gil_hostfunc* world, int lock_kept);
KVT_API int kvt_gil_hostfunc_create_events(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_destroy_events(kvt_gil_hostfunc* world, int lock_kept);
KVT_API int kvt_gil_hostfunc_arrive(kvt_gil_hostfunc* world); /* the entrant is in position */
KVT_API int kvt_gil_hostfunc_lock_mutex(kvt_gil_hostfunc* world, int lock_kept);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_driver_call(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_unlock_mutex(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_entrant_done(kvt_gil_hostfunc* world);

/* wait-under-lock: the caller waits for its response; the response thread calls the runtime and completes it
 * (1: go on, 0: the run is over). */
KVT_API int kvt_gil_hostfunc_await_response(kvt_gil_hostfunc* world, int lock_kept);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_respond(kvt_gil_hostfunc* world, uint64_t* seen);

/* unmap-waits-forever: with the runtime lock dropped the reaper synchronises before it unmaps. audit: all
 * other work is done; counts memory that nobody will give back. */
/* DROPPED */ KVT_API int kvt_gil_hostfunc_map_segment(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_unmap_segment(kvt_gil_hostfunc* world, int lock_kept);
KVT_API int kvt_gil_hostfunc_audit_segments(kvt_gil_hostfunc* world);

/* callable-lifetime: an object of the runtime and whether it is still there (use: 1 yes, 0 no, which is
 * counted). */
KVT_API uint64_t kvt_gil_hostfunc_callable_make(kvt_gil_hostfunc* world);
KVT_API int kvt_gil_hostfunc_callable_freed(kvt_gil_hostfunc* world, uint64_t object);
KVT_API int kvt_gil_hostfunc_callable_use(kvt_gil_hostfunc* world, uint64_t object);
/* DROPPED */ KVT_API int kvt_gil_hostfunc_callable_gap(kvt_gil_hostfunc* world);

/* Callbacks and calls of another library of the process (CuPy, PyTorch) on the scenario's streams
 * (scenarios/gil-hostfunc/foreign_callbacks.h). The first context is the device's primary one. */
KVT_API uint32_t kvt_gil_hostfunc_entrant_stream(kvt_gil_hostfunc* world);
/* The driver's handle. 801 (not supported) on the simulated device. */
KVT_API int kvt_gil_hostfunc_native_stream(kvt_gil_hostfunc* world, uint32_t stream, uint64_t* handle);
/* Before the library launches a callback on the stream: id is a number never used before. Then either that
 * callback calls begins (stamp_ns as above) and ends, or the launch failed and withdraw is called. */
/* DROPPED */ KVT_API int kvt_gil_hostfunc_announce_callback(kvt_gil_hostfunc* world, uint32_t stream,
                                                             uint64_t id);
KVT_API int kvt_gil_hostfunc_callback_begins(kvt_gil_hostfunc* world, uint64_t id, uint64_t* stamp_ns);
KVT_API int kvt_gil_hostfunc_callback_ends(kvt_gil_hostfunc* world, uint64_t id);
KVT_API int kvt_gil_hostfunc_withdraw_callback(kvt_gil_hostfunc* world, uint64_t id);
/* Round a call that the library makes of the driver on the stream, by the calling thread, which must end it.
 * call: as lock lines name it, e.g. cudaEventRecord. lock_kept: whether the library keeps the runtime lock.
 * NULL on error. */
KVT_API kvt_foreign_call* kvt_gil_hostfunc_foreign_call(kvt_gil_hostfunc* world, uint32_t stream,
                                                        const char* call, int lock_kept);
KVT_API void kvt_foreign_call_end(kvt_foreign_call* call);

#ifdef __cplusplus
}
#endif
#endif
