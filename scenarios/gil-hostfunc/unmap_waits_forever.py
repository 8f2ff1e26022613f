"""unmap-waits-forever: a reaper unmaps the memory of a client that died before it recorded its event."""

import ctypes


class UnmapWaitsForever:
    def __init__(self, harness):
        self.harness = harness

    def roles(self):
        return [("reaper", self.reap)]

    def after_publishing(self):
        pass

    def reap(self):
        seen = ctypes.c_uint64(0)
        while self.harness.dropped("await_pending", ctypes.byref(seen)):
            self.harness.dropped("map_segment")
            self.harness.call("unmap_segment", self.harness.lock_kept)

    def on_stream(self, callback_id):
        return False

    def at_end(self):
        self.harness.kept("audit_segments")
