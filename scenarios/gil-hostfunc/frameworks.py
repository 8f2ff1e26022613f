"""The callback path through a library that serving stacks use, on the same streams: CuPy, or PyTorch.

What the parties do stays the harness's; a framework replaces how the publisher's callback gets onto the stream, and,
where the framework's own call treats the GIL as the run wants it, how the entrant records its event.
"""

import contextlib
import ctypes
import os
import sys
import threading
import time

ELEMENTS = 16 * 1024  # of 4 bytes: one request's KV chunk
WITHOUT_ENTRANT = ("launch-under-gil", "destructor-syncs")
HOST_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def make(harness):
    """The framework of the run; None: the callback goes through kvtool's own binding."""
    kinds = {"binding": None, "cupy": CuPy, "torch": Torch}
    kind = kinds[harness.parameters["callback-through"]]
    return kind and kind(harness)


def drops_gil(call):
    """Whether `call`, made again and again for 50 ms, lets another thread have the GIL.

    With an endless switch interval nobody takes the GIL away, so another thread has a turn only if the call gives it up.
    """
    turns, stop = [0], threading.Event()

    def other():
        while not stop.is_set():
            turns[0] += 1
            time.sleep(0)  # gives the GIL back and asks for it again

    thread = threading.Thread(target=other, daemon=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread.start()
        before, end = turns[0], time.monotonic() + 0.05
        while time.monotonic() < end and turns[0] - before < 3:
            call()
        return turns[0] - before > 0
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()


class Framework:
    """Subclasses say what the framework is: external_stream, new_event, launch_host_function, and its work."""

    name = ""

    def __init__(self, harness):
        self.harness = harness
        parameters = harness.parameters
        workers = range(parameters["workers"])
        self.stream_ids = [harness.kept("stream", worker) for worker in workers]
        self.streams = [self.external_stream(self.native_stream(stream)) for stream in self.stream_ids]
        self.entrant_stream_id = harness.kept("entrant_stream")
        self.entrant_stream = self.external_stream(self.native_stream(self.entrant_stream_id))
        # Made and recorded before anything is measured: PyTorch creates the driver's event at the first record.
        self.event = self.new_event()
        self.event.record(self.entrant_stream)
        self.record_keeps_gil = not drops_gil(lambda: self.event.record(self.entrant_stream))
        self.enters = self.record_keeps_gil == harness.lock_kept and self.entrant_records(parameters)
        harness.count("entrant.by-framework", int(self.enters))
        print(
            "callbacks through %s; its Event.record %s the GIL; the entrant's call is made by %s"
            % (self.version(), "keeps" if self.record_keeps_gil else "drops", self.name if self.enters else "kvtool"),
            flush=True,
        )

    def entrant_records(self, parameters):
        if self.harness.variant in WITHOUT_ENTRANT:
            return False
        call = parameters["entrant-call"]
        return call == "event-record" or (call == "auto" and parameters["blocking-call"] != "full-queue")

    def native_stream(self, stream_id):
        handle = ctypes.c_uint64()
        status = self.harness.kept("native_stream", stream_id, ctypes.byref(handle))
        if status != 0:
            raise RuntimeError("the device has no stream that %s could use: status %d" % (self.name, status))
        return handle.value

    @contextlib.contextmanager
    def driver_call(self, stream_id, call, kept=False):
        """Round a driver call that the framework makes: the thread's lock line says so."""
        harness = self.harness
        handle = harness.kept("foreign_call", stream_id, call.encode(), int(kept))
        try:
            yield
        finally:
            harness.library.kept("kvt_foreign_call_end", handle)

    # ---- the publisher

    def before_request(self, worker):
        """The framework's work on the worker's stream in front of a request; nothing by default. Not between the request
        and its callbacks: work that ends there gives room to a launcher that stands in front of a full queue."""

    def after_request(self, worker):
        """The same behind the request's callbacks."""

    def launch(self, worker, callback_id):
        """Puts the harness's callback onto the worker's stream. Returns a device status."""
        harness, stream_id = self.harness, self.stream_ids[worker]
        status = harness.dropped("announce_callback", stream_id, callback_id)
        if status != 0:
            return status
        try:
            with self.driver_call(stream_id, "cudaLaunchHostFunc"):
                self.launch_host_function(self.streams[worker], self.on_stream, callback_id)
        except Exception:
            harness.kept("withdraw_callback", callback_id)
            raise
        return 0

    def on_stream(self, callback_id):
        """On the driver's thread; the framework has taken the GIL."""
        harness, stamp_ns = self.harness, ctypes.c_uint64()
        try:
            harness.kept("callback_begins", callback_id, ctypes.byref(stamp_ns))
            harness.on_stream(callback_id, stamp_ns.value)
            harness.kept("callback_ends", callback_id)
        except Exception as error:  # there is nobody to raise it to
            harness.failures.append("callback through %s: %r" % (self.name, error))
            harness.kept("close")

    # ---- the entrant

    def enter(self):
        harness = self.harness
        harness.kept("arrive")
        try:
            with self.driver_call(self.entrant_stream_id, "cudaEventRecord", kept=self.record_keeps_gil):
                self.event.record(self.entrant_stream)
        finally:
            harness.kept("entrant_done")


class StreamOfOurs:
    """The CUDA stream protocol, by which newer libraries take streams of others: (version, handle)."""

    def __init__(self, handle):
        self.handle = handle

    def __cuda_stream__(self):
        return 0, self.handle


class CuPy(Framework):
    """LMCache's way before pull request 2952: Stream.launch_host_func, which gives the GIL up for cudaLaunchHostFunc and
    whose trampoline takes it on the driver's thread. Whether Event.record keeps it depends on the version: in some, eventRecord
    of cupy_backends/cuda/api/runtime.pyx has no `with nogil`; 14.2 gives it up.
    """

    name = "cupy"

    def __init__(self, harness):
        import cupy

        self.cupy = cupy
        super().__init__(harness)

    def version(self):
        return "cupy " + self.cupy.__version__

    def external_stream(self, handle):
        stream = self.cupy.cuda.Stream
        if hasattr(stream, "from_external"):
            return stream.from_external(StreamOfOurs(handle))
        return self.cupy.cuda.ExternalStream(handle)  # before CuPy 14

    def new_event(self):
        return self.cupy.cuda.Event(disable_timing=True)

    @staticmethod
    def launch_host_function(stream, callback, argument):
        stream.launch_host_func(callback, argument)


class Torch(Framework):
    """PyTorch has no host functions of its own: its CUDA runtime library launches the callback, after a pinned copy to the
    GPU and a kernel, before a copy back and an event on the same stream. Whether Event.record keeps the GIL depends on the
    version: torch/csrc/cuda/Event.cpp has `gil_scoped_release` in THCPEvent_record in newer ones. Where it keeps the
    GIL, publishers record no event: that would be a second entrant.
    """

    name = "torch"

    def __init__(self, harness):
        import torch

        self.torch = torch
        torch.cuda.init()
        torch.zeros(1, device="cuda:0")  # loads what PyTorch loads at first, its CUDA runtime among it
        self.cuda_launch = self.find_runtime().cudaLaunchHostFunc
        self.cuda_launch.argtypes = [ctypes.c_void_p, HOST_FUNCTION, ctypes.c_void_p]
        self.host_function = HOST_FUNCTION(self.on_stream)
        super().__init__(harness)
        self.works = [self.new_work() for _ in self.streams]
        # Before there is anything to wait for: the first launch of a kernel loads it.
        for worker, stream in enumerate(self.streams):
            self.before_request(worker)
            self.after_request(worker)
            stream.synchronize()

    def version(self):
        return "torch " + self.torch.__version__

    def find_runtime(self):
        """The libcudart that PyTorch has loaded: a second one would have a state of its own."""
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if "/libcudart" in line}
        for file in sorted(files):
            if os.path.basename(file).startswith("libcudart"):
                return ctypes.CDLL(file)
        raise RuntimeError("torch %s has loaded no libcudart, so nothing can launch its callback" % self.torch.__version__)

    def external_stream(self, handle):
        return self.torch.cuda.ExternalStream(handle, device="cuda:0")

    def new_event(self):
        return self.torch.cuda.Event()

    def new_work(self):
        torch = self.torch
        host = torch.zeros(ELEMENTS, dtype=torch.float32, pin_memory=True)
        back = torch.zeros(ELEMENTS, dtype=torch.float32, pin_memory=True)
        return host, torch.zeros(ELEMENTS, dtype=torch.float32, device="cuda:0"), back, self.new_event()

    def before_request(self, worker):
        host, device, _, _ = self.works[worker]
        with self.torch.cuda.stream(self.streams[worker]):
            with self.driver_call(self.stream_ids[worker], "cudaMemcpyAsync"):
                device.copy_(host, non_blocking=True)
            with self.driver_call(self.stream_ids[worker], "cudaLaunchKernel"):
                device.add_(1)

    def after_request(self, worker):
        _, device, back, event = self.works[worker]
        with self.torch.cuda.stream(self.streams[worker]):
            with self.driver_call(self.stream_ids[worker], "cudaMemcpyAsync"):
                back.copy_(device, non_blocking=True)
        if self.record_keeps_gil:
            return
        with self.driver_call(self.stream_ids[worker], "cudaEventRecord"):
            event.record(self.streams[worker])

    def launch_host_function(self, stream, callback, argument):
        result = self.cuda_launch(stream.cuda_stream, self.host_function, argument)
        if result != 0:
            raise RuntimeError("cudaLaunchHostFunc: %d" % result)
