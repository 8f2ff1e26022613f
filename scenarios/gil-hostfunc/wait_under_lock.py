"""wait-under-lock: the caller waits for a future that only code of the runtime can complete."""

import ctypes


class WaitUnderLock:
    def __init__(self, harness):
        self.harness = harness

    def roles(self):
        return [("response", self.respond)]

    def after_publishing(self):
        """The caller: `future.result()`, as a binding does it that keeps or drops the GIL."""
        self.harness.call("await_response", self.harness.lock_kept)

    def respond(self):
        """The engine's thread: native, but for the callback that lets a Python object of the request go."""
        seen = ctypes.c_uint64(0)
        while self.harness.dropped("respond", ctypes.byref(seen)):
            pass

    def on_stream(self, callback_id):
        return False

    def at_end(self):
        pass
