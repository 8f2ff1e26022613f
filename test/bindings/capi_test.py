"""The recorder and the bus as CPython sees them, run by capi.test.ts on every interpreter of the machine."""

import ctypes
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.environ["KVTOOL_BINDING"])
from kvtool_capi import EventBus, KvtoolError, Library  # noqa: E402

LIBRARY = Library(os.environ["KVTOOL_LIBRARY"])


class Bus(unittest.TestCase):
    def setUp(self):
        self.device = LIBRARY.kept("kvt_device_sim", None, b"580-cuda13")
        stream = ctypes.c_uint32()
        LIBRARY.kept("kvt_stream_create", self.device, ctypes.byref(stream))
        self.stream = stream.value
        self.bus = self.new_bus()
        self.seen = []
        self.bus.subscribe("work.done", self.seen.append)
        self.bus.start()

    def new_bus(self, capacity=0):
        bus = EventBus(LIBRARY, LIBRARY.kept("kvt_bus_create", self.device, capacity))
        bus.declare("work.done")
        return bus

    def publish(self, metadata=None, session="s", event_type="work.done"):
        return self.bus.publish_on_stream(self.stream, event_type, session, metadata or {})

    def test_b3_bool_metadata_every_value_keeps_its_type(self):
        values = [True, False, 0, 1, -5, 2**63 - 1, 2**63, -(2**80), 0.5, None, "text", [1, [True]], {"a": {"b": None}}]
        self.assertEqual(self.publish({str(i): value for i, value in enumerate(values)}), 0)
        self.bus.stop()
        metadata = self.seen[0]["metadata"]
        for i, value in enumerate(values):
            self.assertEqual(metadata[str(i)], value)
            self.assertIs(type(metadata[str(i)]), type(value))

    def test_stamps_bring_events_without_a_host_function(self):
        bus, seen = self.new_bus(), []
        bus.subscribe("work.done", seen.append)
        bus.use_stamps()
        bus.start()
        LIBRARY.kept("kvt_device_fail_launches", self.device, 1)  # of host functions
        before = time.monotonic_ns()
        self.assertEqual(bus.publish_stamped(self.stream, "work.done", "s", {"worker": 1}), 0)
        bus.stop()
        LIBRARY.kept("kvt_device_fail_launches", self.device, 0)
        self.assertEqual([(event["session"], event["metadata"]) for event in seen], [("s", {"worker": 1})])
        self.assertGreater(seen[0]["errorNs"], 0)
        self.assertGreaterEqual(seen[0]["monotonicNs"] + seen[0]["errorNs"], before)
        self.assertLessEqual(seen[0]["monotonicNs"] - seen[0]["errorNs"], time.monotonic_ns())

    def test_stamps_are_refused_on_a_bus_that_was_not_told_to_use_them(self):
        self.assertEqual(self.bus.publish_stamped(self.stream, "work.done", "s", {}), 801)
        self.bus.stop()
        self.assertEqual(self.bus.stats()["lost"], 1)

    def test_b1_launch_unchecked_the_status_comes_back(self):
        LIBRARY.kept("kvt_device_fail_launches", self.device, 2)
        statuses = [self.publish() for _ in range(10)]
        LIBRARY.kept("kvt_device_fail_launches", self.device, 0)
        self.bus.stop()
        self.assertEqual(sum(status != 0 for status in statuses), 5)
        stats = self.bus.stats()
        self.assertEqual((stats["published"], stats["delivered"], stats["lost"]), (10, 5, 5))
        self.assertEqual(len(self.seen), 5)

    def test_b2_shared_recorder_each_bus_has_its_own_events(self):
        other, other_seen = self.new_bus(), []
        other.subscribe("work.done", other_seen.append)
        other.start()
        for _ in range(50):
            self.publish(session="first")
            other.publish_on_stream(self.stream, "work.done", "second", {})
        self.bus.stop()
        other.stop()
        self.assertEqual([event["session"] for event in self.seen], ["first"] * 50)
        self.assertEqual([event["session"] for event in other_seen], ["second"] * 50)

    def test_b4_drain_thread_dies_unknown_type_and_throwing_subscriber(self):
        def throws(_event):
            raise ValueError("subscriber")

        self.bus.subscribe("work.done", throws)
        self.publish(session="1")
        self.publish(session="2", event_type="never declared")
        self.publish(session="3")
        self.bus.stop()
        self.assertEqual([event["session"] for event in self.seen], ["1", "3"])
        stats = self.bus.stats()
        self.assertEqual((stats["unknown_type"], stats["subscriber_threw"], stats["delivered"]), (1, 2, 2))

    def test_the_host_function_runs_while_the_gil_is_held(self):
        # The stream is done although this thread never lets go of the GIL: PyDLL keeps it in both calls.
        self.assertEqual(self.publish(), 0)
        LIBRARY.kept("kvt_stream_synchronize", self.device, self.stream)
        self.bus.stop()
        self.assertEqual(len(self.seen), 1)

    def test_many_threads_lose_nothing(self):
        threads = [threading.Thread(target=lambda: [self.publish() for _ in range(100)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.bus.stop()
        self.assertEqual(len(self.seen), 800)
        self.assertEqual(self.bus.stats()["lost"], 0)

    def test_malformed_calls_raise_and_say_why(self):
        with self.assertRaisesRegex(KvtoolError, "not declared: nobody"):
            self.bus.subscribe("nobody", print)
        with self.assertRaisesRegex(KvtoolError, "unknown driver model"):
            LIBRARY.kept("kvt_device_sim", None, b"999")
        with self.assertRaises(KvtoolError):
            LIBRARY.kept("kvt_bus_publish", self.bus._handle, b"work.done", b"s", b"not json")


if __name__ == "__main__":
    unittest.main(verbosity=0)
