"""The scenario on a real CPython: every actor is a Python thread, the GIL is CPython's own.

Started by the supervisor with its configuration in KVTOOL_HARNESS. Standard library only; Python 3.8 and later.
"""

import ctypes
import itertools
import json
import os
import queue
import sys
import threading
import time

CONFIG = json.loads(os.environ["KVTOOL_HARNESS"])
sys.path.insert(0, CONFIG["binding"])

from kvtool_capi import (  # noqa: E402  (the path comes from the configuration)
    GAUGE,
    GIL,
    HEARTBEAT,
    PROGRESS,
    RUNTIME_CALLBACK,
    EventBus,
    KvtoolError,
    Library,
)

import frameworks  # noqa: E402
from callable_lifetime import CallableLifetime  # noqa: E402
from unmap_waits_forever import UnmapWaitsForever  # noqa: E402
from wait_under_lock import WaitUnderLock  # noqa: E402

# Variants with parties of their own, beside the publisher.
OWN_PARTIES = {
    "wait-under-lock": WaitUnderLock,
    "unmap-waits-forever": UnmapWaitsForever,
    "callable-lifetime": CallableLifetime,
}
EVENT_TYPES = ("kv.store.start", "kv.store.end")
WARM_UP_REQUESTS = 20
HEARTBEAT_SECONDS = 0.1


class Harness:
    def __init__(self, config):
        self.config = config
        self.parameters = config["parameters"]
        self.variant = config["variant"]
        self.lock_kept = self.parameters["runtime-lock"] == "held"
        self.library = Library(config["library"])
        self.flight = self.library.kept("kvt_flight_map", config["flight"].encode())
        self.callback = RUNTIME_CALLBACK(self.on_stream)
        self.world = self.library.kept(
            "kvt_gil_hostfunc_create", self.flight, json.dumps(config).encode(), self.callback
        )
        self.bus = EventBus(self.library, self.library.kept("kvt_gil_hostfunc_bus", self.world))
        self.transfer_lock = threading.Lock()
        self.waiting_callbacks = {}  # callback id -> event; dict operations are atomic under the GIL
        self.callback_ids = itertools.count(1)  # next() is atomic under the GIL; 0 means "no event"
        self.failures = []
        self.stop = threading.Event()
        own = OWN_PARTIES.get(self.variant)
        self.own = own(self) if own else None
        self.framework = None  # made once the main thread has its lock line

    # ---- helpers

    def count(self, name, amount=1, kind=GAUGE):
        self.library.kept("kvt_counter_add", self.flight, name.encode(), kind, amount)

    def dropped(self, name, *args):
        return self.library.dropped("kvt_gil_hostfunc_" + name, self.world, *args)

    def kept(self, name, *args):
        return self.library.kept("kvt_gil_hostfunc_" + name, self.world, *args)

    def call(self, name, kept):
        return self.library.call(kept, "kvt_gil_hostfunc_" + name, self.world)

    def with_transfer_lock(self, section):
        """The lock that LMCache pull request 2823 widened: a Python lock, so waiting for it drops the GIL."""
        resource = b"mutex:transfer_lock"
        self.library.kept("kvt_want", resource, b"transfer_lock.acquire")
        with self.transfer_lock:
            self.library.kept("kvt_got")
            try:
                section()
            finally:
                self.library.kept("kvt_drop", resource)

    # ---- the publisher's events

    def publish(self, worker, event_type, session, path):
        metadata = {"worker": worker, "hit": True, "chunks": 1}
        began = time.perf_counter_ns()
        if path == "recorder":
            status = self.bus.publish_on_stream(self.kept("stream", worker), event_type, session, metadata)
        elif path == "gpu-stamp":
            status = self.bus.publish_stamped(self.kept("stream", worker), event_type, session, metadata)
        else:
            callback_id = next(self.callback_ids)
            self.waiting_callbacks[callback_id] = (event_type, session, metadata)
            launch = self.framework.launch if self.framework else self.launch_callback
            status = launch(worker, callback_id)
        took = time.perf_counter_ns() - began
        if status != 0:
            self.count("events.lost")
            return
        self.count("events.scheduled")
        self.count("publish.count")
        self.count("publish.ns", took)

    def launch_callback(self, worker, callback_id):
        return self.dropped("launch_callback", worker, callback_id)

    def on_stream(self, callback_id, stamp_ns):
        """The Python callback of the callback path; who called it has taken the GIL for it. What LMCache's
        `launch_host_func(self.publish, event)` ran on the driver's thread."""
        if callback_id == 0 or (self.own and self.own.on_stream(callback_id)):
            return
        event_type, session, metadata = self.waiting_callbacks.pop(callback_id)
        self.bus.publish(event_type, session, {**metadata, "stampNs": stamp_ns})

    def on_event(self, event):
        # From the host function's start on the stream: on the callback path that includes the wait for the GIL.
        began = event["metadata"].get("stampNs", event["monotonicNs"])
        self.count("deliver.count")
        if self.config["path"] == "gpu-stamp":
            self.library.kept("kvt_counter_raise", self.flight, b"stamp.max-error-ns", event["errorNs"])
        self.count("deliver.ns", max(0, time.monotonic_ns() - began))
        self.count("events.delivered", 1, PROGRESS)

    def callsites(self):
        """How each of a request's callsites publishes."""
        path = self.config["path"]
        if self.variant == "mutex-then-gil":
            return []  # no event takes part; a callback on the stream would be a third party
        if self.variant == "one-callsite-left":
            return [path] * self.parameters["native-callsites"] + ["callback"] * self.parameters["runtime-callsites"]
        return [path] * self.parameters["publishes-per-request"]

    def request(self, worker, number):
        if self.framework:
            self.framework.before_request(worker)
        self.dropped("begin_request", worker)
        session = "worker-%d-request-%d" % (worker, number)
        for index, path in enumerate(self.callsites()):
            self.publish(worker, EVENT_TYPES[index % 2], session, path)
        if self.framework:
            self.framework.after_request(worker)
        self.kept("end_publish", worker)

    # ---- actors

    def publisher(self, worker=0):
        deadline = time.monotonic() + self.config["durationMs"] / 1000 if self.config["durationMs"] else None
        for number in range(self.config["iterations"]):
            if deadline is not None and time.monotonic() >= deadline:
                break
            self.request(worker, number)
            if worker == 0 and self.variant == "launch-under-gil":
                self.call("blocking_call", self.lock_kept)
            if worker == 0 and self.own:
                self.own.after_publishing()
            self.dropped("settle", worker)
        if worker == 0:
            if self.own:
                self.own.at_end()
            self.kept("close")

    def launcher(self):
        seen = ctypes.c_uint64(0)
        while self.dropped("await_pending", ctypes.byref(seen)):
            if self.variant in ("widened-lock", "set-device-outside"):
                self.with_transfer_lock(lambda: self.call("blocking_call", False))
            else:
                self.call("blocking_call", False)

    def entrant(self):
        seen = ctypes.c_uint64(0)
        while self.dropped("await_holder", ctypes.byref(seen)):
            if self.variant == "widened-lock":
                self.kept("arrive")
                self.with_transfer_lock(self.enter)
            else:
                self.enter()

    def enter(self):
        if self.framework and self.framework.enters:
            self.framework.enter()
        else:
            self.call("enter", self.lock_kept)

    def destructor(self):
        seen = ctypes.c_uint64(0)
        self.dropped("create_events")
        while self.dropped("await_pending", ctypes.byref(seen)):
            self.call("destroy_events", self.lock_kept)
            self.dropped("create_events")

    def guarded_call(self):
        """A of mutex-then-gil: takes M, drops the GIL for the driver call, takes it again while it still holds M."""
        seen = ctypes.c_uint64(0)
        while self.dropped("await_pending", ctypes.byref(seen)):
            self.call("lock_mutex", self.lock_kept)
            self.dropped("driver_call")
            self.kept("unlock_mutex")

    def guarded_entry(self):
        """B of mutex-then-gil: the same binding call from another thread."""
        seen = ctypes.c_uint64(0)
        while self.dropped("await_holder", ctypes.byref(seen)):
            self.kept("arrive")
            self.call("lock_mutex", self.lock_kept)
            self.kept("unlock_mutex")
            self.kept("entrant_done")

    def idle_worker(self):
        """A pool thread with nothing to do: a bystander of every hang."""
        self.idle_queue.get()

    def heartbeat(self):
        before = time.monotonic_ns()
        while not self.stop.wait(HEARTBEAT_SECONDS):
            now = time.monotonic_ns()
            self.count("heartbeat", 1, HEARTBEAT)
            self.library.kept("kvt_counter_raise", self.flight, b"heartbeat.max-gap-ns", now - before)
            before = now

    # ---- the run

    def spawn(self, name, target, *args):
        def run():
            self.library.kept("kvt_thread_begin", self.flight, name.encode(), GIL.encode())
            try:
                target(*args)
            except Exception as error:  # a failing actor ends the run instead of leaving the others waiting
                self.failures.append("%s: %r" % (name, error))
                self.kept("close")
            finally:
                self.library.kept("kvt_thread_end")

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def actors(self):
        if self.own:
            roles = [("publisher", self.publisher), *self.own.roles()]
        elif self.variant == "launch-under-gil":
            roles = [("publisher", self.publisher)]
        elif self.variant == "destructor-syncs":
            roles = [("publisher", self.publisher), ("destructor", self.destructor)]
        elif self.variant == "mutex-then-gil":
            roles = [("publisher", self.publisher), ("A", self.guarded_call), ("B", self.guarded_entry)]
        else:
            roles = [("publisher", self.publisher), ("launcher", self.launcher), ("entrant", self.entrant)]
        # Roles that wait start first, so that they are in place when the publisher begins.
        threads = [self.spawn(name, target) for name, target in reversed(roles)]
        for worker in range(1, self.parameters["workers"]):
            threads.append(self.spawn("publisher-%d" % worker, self.publisher, worker))
        return threads

    def warm_up(self):
        """Requests with nobody in the driver: the service works for a while, and events get their cost measured."""
        for number in range(WARM_UP_REQUESTS):
            self.request(0, number)
            self.dropped("settle", 0)

    def run(self):
        self.library.kept("kvt_thread_begin", self.flight, b"main", GIL.encode())
        for event_type in EVENT_TYPES:
            self.bus.subscribe(event_type, self.on_event)
        self.bus.start()
        self.framework = frameworks.make(self)
        self.idle_queue = queue.SimpleQueue()
        self.spawn("heartbeat", self.heartbeat)
        for index in range(self.parameters["idle-workers"]):
            self.spawn("idle-%d" % index, self.idle_worker)
        self.warm_up()
        self.kept("release")
        self.library.kept("kvt_flight_running", self.flight)
        for thread in self.actors():
            thread.join()
        self.bus.stop()
        self.report()

    def report(self):
        stats = self.bus.stats()
        self.count("events.lost", stats["lost"] + stats["unknown_type"] + stats["subscriber_threw"])
        if self.failures:
            raise KvtoolError("; ".join(self.failures))
        self.stop.set()
        self.library.kept("kvt_flight_finished", self.flight)


def main():
    harness = Harness(CONFIG)
    try:
        harness.run()
    except Exception as error:
        harness.library.kept("kvt_flight_failed", harness.flight, str(error).encode())
        raise
    sys.stdout.flush()
    # The device's threads own memory that Python would tear down under them; the supervisor needs none of it.
    os._exit(0)


if __name__ == "__main__":
    main()
