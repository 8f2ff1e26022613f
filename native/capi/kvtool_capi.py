"""ctypes binding of libkvtool.so: the smallest layer that a scenario harness needs. Standard library only.

Two views of one library decide what happens to the GIL, and nothing here imitates it:
  dropped   ctypes.CDLL: the GIL is dropped round every call and taken again afterwards
  kept      ctypes.PyDLL: the GIL is held for the whole call
A CFUNCTYPE callback takes the GIL on whatever thread the driver calls it.
"""

import ctypes
import json
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_uint32, c_uint64, c_void_p

PROGRESS, HEARTBEAT, GAUGE = 1, 2, 3
GIL = "runtime-lock:GIL"

RUNTIME_CALLBACK = CFUNCTYPE(None, c_uint64, c_uint64)
SUBSCRIBER = CFUNCTYPE(c_int, c_char_p, c_void_p)


class BusStats(Structure):
    _fields_ = [
        (name, c_uint64)
        for name in (
            "published",
            "delivered",
            "lost",
            "unknown_type",
            "subscriber_threw",
            "publish_count",
            "publish_ns",
            "deliver_count",
            "deliver_ns",
            "deliver_max_ns",
        )
    ]


class KvtoolError(RuntimeError):
    """A call into libkvtool failed."""


_SIGNATURES = {
    "kvt_abi_version": (c_int, []),
    "kvt_last_error": (c_char_p, []),
    "kvt_flight_map": (c_void_p, [c_char_p]),
    "kvt_flight_free": (None, [c_void_p]),
    "kvt_flight_running": (c_int, [c_void_p]),
    "kvt_flight_finished": (c_int, [c_void_p]),
    "kvt_flight_failed": (c_int, [c_void_p, c_char_p]),
    "kvt_flight_window_opened": (c_int, [c_void_p]),
    "kvt_counter_add": (c_int, [c_void_p, c_char_p, c_int, c_uint64]),
    "kvt_counter_raise": (c_int, [c_void_p, c_char_p, c_uint64]),
    "kvt_thread_begin": (c_int, [c_void_p, c_char_p, c_char_p]),
    "kvt_thread_end": (None, []),
    "kvt_want": (None, [c_char_p, c_char_p]),
    "kvt_got": (None, []),
    "kvt_end_wait": (None, []),
    "kvt_hold": (None, [c_char_p]),
    "kvt_drop": (None, [c_char_p]),
    "kvt_device_sim": (c_void_p, [c_void_p, c_char_p]),
    "kvt_device_free": (None, [c_void_p]),
    "kvt_stream_create": (c_int, [c_void_p, POINTER(c_uint32)]),
    "kvt_stream_synchronize": (c_int, [c_void_p, c_uint32]),
    "kvt_device_fail_launches": (c_int, [c_void_p, c_uint32]),
    "kvt_bus_create": (c_void_p, [c_void_p, c_uint32]),
    "kvt_bus_free": (None, [c_void_p]),
    "kvt_bus_declare": (c_int, [c_void_p, c_char_p]),
    "kvt_bus_subscribe": (c_int, [c_void_p, c_char_p, SUBSCRIBER, c_void_p]),
    "kvt_bus_start": (c_int, [c_void_p]),
    "kvt_bus_publish": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "kvt_bus_publish_on_stream": (c_int, [c_void_p, c_uint32, c_char_p, c_char_p, c_char_p]),
    "kvt_bus_use_stamps": (c_int, [c_void_p]),
    "kvt_bus_publish_stamped": (c_int, [c_void_p, c_uint32, c_char_p, c_char_p, c_char_p]),
    "kvt_bus_stop": (c_int, [c_void_p, c_uint32]),
    "kvt_bus_read_stats": (c_int, [c_void_p, POINTER(BusStats)]),
    "kvt_gil_hostfunc_create": (c_void_p, [c_void_p, c_char_p, RUNTIME_CALLBACK]),
    "kvt_gil_hostfunc_free": (None, [c_void_p]),
    "kvt_gil_hostfunc_bus": (c_void_p, [c_void_p]),
    "kvt_gil_hostfunc_release": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_stream": (c_uint32, [c_void_p, c_uint32]),
    "kvt_gil_hostfunc_begin_request": (c_int, [c_void_p, c_uint32]),
    "kvt_gil_hostfunc_launch_callback": (c_int, [c_void_p, c_uint32, c_uint64]),
    "kvt_gil_hostfunc_end_publish": (c_int, [c_void_p, c_uint32]),
    "kvt_gil_hostfunc_settle": (c_int, [c_void_p, c_uint32]),
    "kvt_gil_hostfunc_await_pending": (c_int, [c_void_p, POINTER(c_uint64)]),
    "kvt_gil_hostfunc_await_holder": (c_int, [c_void_p, POINTER(c_uint64)]),
    "kvt_gil_hostfunc_close": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_blocking_call": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_enter": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_create_events": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_destroy_events": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_arrive": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_lock_mutex": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_driver_call": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_unlock_mutex": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_entrant_done": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_await_response": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_respond": (c_int, [c_void_p, POINTER(c_uint64)]),
    "kvt_gil_hostfunc_map_segment": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_unmap_segment": (c_int, [c_void_p, c_int]),
    "kvt_gil_hostfunc_audit_segments": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_callable_make": (c_uint64, [c_void_p]),
    "kvt_gil_hostfunc_callable_freed": (c_int, [c_void_p, c_uint64]),
    "kvt_gil_hostfunc_callable_use": (c_int, [c_void_p, c_uint64]),
    "kvt_gil_hostfunc_callable_gap": (c_int, [c_void_p]),
    "kvt_gil_hostfunc_entrant_stream": (c_uint32, [c_void_p]),
    "kvt_gil_hostfunc_native_stream": (c_int, [c_void_p, c_uint32, POINTER(c_uint64)]),
    "kvt_gil_hostfunc_announce_callback": (c_int, [c_void_p, c_uint32, c_uint64]),
    "kvt_gil_hostfunc_callback_begins": (c_int, [c_void_p, c_uint64, POINTER(c_uint64)]),
    "kvt_gil_hostfunc_callback_ends": (c_int, [c_void_p, c_uint64]),
    "kvt_gil_hostfunc_withdraw_callback": (c_int, [c_void_p, c_uint64]),
    "kvt_gil_hostfunc_foreign_call": (c_void_p, [c_void_p, c_uint32, c_char_p, c_int]),
    "kvt_foreign_call_end": (None, [c_void_p]),
}
ABI_VERSION = 1


def _typed(library):
    for name, (restype, argtypes) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype = restype
        function.argtypes = argtypes
    return library


class Library:
    """libkvtool.so in both views. Every call checks its result and raises KvtoolError."""

    def __init__(self, path):
        self._dropped = _typed(ctypes.CDLL(path))
        self._kept = _typed(ctypes.PyDLL(path))
        found = self._kept.kvt_abi_version()
        if found != ABI_VERSION:
            raise KvtoolError(
                "libkvtool has ABI version %d, this binding expects %d: run npm run build" % (found, ABI_VERSION)
            )

    def dropped(self, name, *args):
        """Calls with the GIL dropped. Back in Python the line's wait for the GIL is over."""
        result = getattr(self._dropped, name)(*args)
        self._kept.kvt_end_wait()
        return self._checked(name, result)

    def kept(self, name, *args):
        """Calls with the GIL kept."""
        return self._checked(name, getattr(self._kept, name)(*args))

    def call(self, kept, name, *args):
        """A call that may block, with the GIL kept or dropped; the callee is told which."""
        if kept:
            return self.kept(name, *args, 1)
        return self.dropped(name, *args, 0)

    def _checked(self, name, result):
        signature = _SIGNATURES[name][0]
        failed = (signature is c_int and result < 0) or (signature is c_void_p and not result)
        if failed:
            raise KvtoolError("%s: %s" % (name, self._kept.kvt_last_error().decode()))
        return result


def encode_metadata(metadata):
    """One JSON object. Types that JSON cannot carry travel in a tagged object, so that every value keeps its type:
    integers beyond 64 bits as {"$integer": "123"}, dicts and lists as {"$nested": "<json>"}."""
    return json.dumps({key: _encode(value) for key, value in metadata.items()}).encode()


def _encode(value):
    if isinstance(value, bool) or value is None or isinstance(value, (float, str)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else {"$integer": str(value)}
    return {"$nested": json.dumps(value)}


def decode_metadata(metadata):
    return {key: _decode(value) for key, value in metadata.items()}


def _decode(value):
    if isinstance(value, dict):
        return int(value["$integer"]) if "$integer" in value else json.loads(value["$nested"])
    return value


class EventBus:
    """A bus over one device: events published on a stream reach Python subscribers without a callback that needs the
    GIL. One recorder each; two buses share nothing."""

    def __init__(self, library, handle):
        self._library = library
        self._handle = handle
        self._subscribers = []  # ctypes callbacks must outlive the bus

    def declare(self, event_type):
        self._library.kept("kvt_bus_declare", self._handle, event_type.encode())

    def subscribe(self, event_type, subscriber):
        def deliver(event_json, _context):
            try:
                event = json.loads(event_json)
                event["metadata"] = decode_metadata(event["metadata"])
                subscriber(event)
                return 0
            except Exception:  # a subscriber's failure is counted by the bus and stops nobody else
                return 1

        callback = SUBSCRIBER(deliver)
        self._subscribers.append(callback)
        self._library.kept("kvt_bus_subscribe", self._handle, event_type.encode(), callback, None)

    def start(self):
        self._library.kept("kvt_bus_start", self._handle)

    def publish(self, event_type, session, metadata):
        """Returns 0, or the Status why the event was refused; the bus has counted it."""
        return self._library.kept(
            "kvt_bus_publish", self._handle, event_type.encode(), session.encode(), encode_metadata(metadata)
        )

    def use_stamps(self):
        """Makes publish_stamped() work; before start(). The device must outlive the bus from then on."""
        self._library.dropped("kvt_bus_use_stamps", self._handle)

    def publish_on_stream(self, stream, event_type, session, metadata):
        """By a native host function on the stream. Returns as publish()."""
        return self._publish_from("kvt_bus_publish_on_stream", stream, event_type, session, metadata)

    def publish_stamped(self, stream, event_type, session, metadata):
        """By a stamp of the GPU: no host function. Returns as publish(). The event's errorNs says how far its times
        may be off."""
        return self._publish_from("kvt_bus_publish_stamped", stream, event_type, session, metadata)

    def _publish_from(self, function, stream, event_type, session, metadata):
        return self._library.dropped(
            function,
            self._handle,
            stream,
            event_type.encode(),
            session.encode(),
            encode_metadata(metadata),
        )

    def stop(self, timeout_ms=5000):
        self._library.dropped("kvt_bus_stop", self._handle, timeout_ms)

    def stats(self):
        stats = BusStats()
        self._library.kept("kvt_bus_read_stats", self._handle, ctypes.byref(stats))
        return {name: getattr(stats, name) for name, _ in BusStats._fields_}
