"""callable-lifetime: a binding drops the GIL before it owns the callable that it puts on a stream."""

import ctypes
import weakref


class Hook:
    """A callable of the application's, of which weak references can be made."""

    def __call__(self):
        pass


class CallableLifetime:
    def __init__(self, harness):
        self.harness = harness
        self.binding = harness.parameters["binding"]
        self.variable = None  # where the application keeps its callable: the only reference
        self.owned = {}  # pointer -> callable: the binding's references
        self.enqueued = {}  # callback id -> (pointer, weak reference): what the host function has

    def roles(self):
        return [("owner", self.drop_variable)]

    def after_publishing(self):
        """The binding's call: converts the callable, owns it, enqueues it, in an order that `binding` decides."""
        pointer = self.convert()
        callback_id = next(self.harness.callback_ids)
        self.enqueued[callback_id] = (pointer, weakref.ref(self.variable))
        if self.binding != "drops-at-once":
            self.owned[pointer] = self.variable
        if self.binding != "keeps":
            self.harness.dropped("callable_gap")
        # Where the GIL is dropped at once the binding would take its reference now: without the GIL, of whatever is
        # there.
        status = self.harness.dropped("launch_callback", 0, callback_id)
        if status != 0:
            raise RuntimeError("cannot launch a callback: status %d" % status)
        self.harness.call("blocking_call", self.binding == "keeps")

    def convert(self):
        """A new callable in the variable; what the conversion makes of it is a pointer without a reference."""
        hook = Hook()
        pointer = self.harness.kept("callable_make")
        weakref.finalize(hook, self.freed, pointer).atexit = False
        self.variable = hook
        return pointer

    def freed(self, pointer):
        self.harness.kept("callable_freed", pointer)

    def drop_variable(self):
        """The owner: another thread of the application's drops the last reference that it knows of."""
        seen = ctypes.c_uint64(0)
        while self.harness.dropped("await_holder", ctypes.byref(seen)):
            self.variable = None
            self.harness.kept("arrive")
            self.harness.kept("entrant_done")

    def on_stream(self, callback_id):
        """The host function's code, under the GIL. Calls nothing that is gone."""
        enqueued = self.enqueued.pop(callback_id, None)
        if enqueued is None:
            return False
        pointer, reference = enqueued
        hook = reference()
        if hook is None:
            self.freed(pointer)  # weak references go before their callbacks run
        if self.harness.kept("callable_use", pointer):
            hook()
        self.owned.pop(pointer, None)
        return True

    def at_end(self):
        pass
