"""Hangs in the CUDA driver in a known way. Needs libcuda.so.1 and nothing else: no toolkit, no package.

usage: hang.py three-party | first-launch | synchronize | free | launch | kernel [--runtime LIBCUDART]

three-party   a host function in Python wants the GIL; a thread frees device memory, holds the driver's launch lock and
              waits for the device to be idle; the main thread records an event with the GIL kept, and waits for that lock
first-launch  the same, but that thread is in the first launch of a kernel
synchronize   the main thread synchronises a stream with the GIL kept, behind a host function in Python
free          the main thread frees device memory with the GIL kept, behind a host function in Python
launch        the main thread launches a kernel for the first time with the GIL kept, behind a host function in Python
kernel        the main thread synchronises a stream, with the GIL released, on which a kernel never ends

Truth: ROLE TID, and `ready` before the last calls, which take microseconds.
"""

import ctypes
import os
import sys
import threading
import time

PTX = b"""
.version 6.4
.target sm_75
.address_size 64
.visible .entry spin(.param .u64 flag)
{
  .reg .pred %p;
  .reg .b64 %a;
  .reg .b32 %v;
  ld.param.u64 %a, [flag];
  cvta.to.global.u64 %a, %a;
again:
  ld.volatile.global.u32 %v, [%a];
  setp.eq.u32 %p, %v, 0;
  @%p bra again;
  ret;
}
.visible .entry nothing()
{
  ret;
}
\x00"""

Pointer = ctypes.c_void_p
HostFunction = ctypes.CFUNCTYPE(None, Pointer)
sys.setswitchinterval(1000)  # nobody is asked to give the GIL up: who keeps it, keeps it
libraries = {"driver": "libcuda.so.1"}


def function(name, keeps_gil=False, library="driver"):
    """Found before it is called where nobody else may get the GIL in between: to open a library may give it up."""
    loader = ctypes.PyDLL if keeps_gil else ctypes.CDLL
    entry = getattr(loader(libraries[library]), name)

    def checked(*args):
        result = entry(*args)
        if result != 0:
            sys.exit(f"{name} failed: CUDA error {result}")

    return checked


def call(name, *args):
    function(name)(*args)


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def role(name):
    say(name, threading.get_native_id())


def made(name, *args):
    handle = Pointer()
    call(name, ctypes.byref(handle), *args)
    return handle


def stream():
    return made("cuStreamCreate", 1)  # CU_STREAM_NON_BLOCKING


def launch(kernel, on, *parameters, by=None):
    addresses = (Pointer * max(1, len(parameters)))(*(ctypes.addressof(each) for each in parameters))
    (by or function("cuLaunchKernel"))(kernel, 1, 1, 1, 1, 1, 1, 0, on, addresses, None)


def kernel(name):
    library = made("cuLibraryLoadData", PTX, None, None, 0, None, None, 0)
    return made("cuLibraryGetKernel", library, name)


# Names for the calls in which the GIL is kept, in the driver's API and in the runtime's.
record = ("cuEventRecord", "cudaEventRecord")
free = ("cuMemFree_v2", "cudaFree")
synchronize = ("cuStreamSynchronize", "cudaStreamSynchronize")


def keeping_gil(names):
    library = "runtime" if "runtime" in libraries else "driver"
    return function(names[library == "runtime"], keeps_gil=True, library=library)


def three_party(block):
    """`block`: a call that holds the launch lock until the device is idle."""
    gate_out, gate_in = os.pipe()
    inside = threading.Event()

    def body():
        role("host-function")
        inside.set()
        os.read(gate_out, 1)  # gives the GIL up, and then wants it again

    record_on, event = stream(), made("cuEventCreate", 2)
    # Whatever it needs at its first use.
    call("cuEventRecord", event, record_on)
    call("cuStreamSynchronize", record_on)
    keep = HostFunction(lambda _: body())
    call("cuLaunchHostFunc", stream(), keep, None)
    inside.wait()

    def hold_lock():
        role("loader")
        block()

    threading.Thread(target=hold_lock, daemon=True).start()
    # The lock is taken when somebody else's event is not recorded for this long.
    for _ in range(200):
        probe = threading.Thread(target=in_context(lambda: call("cuEventRecord", event, record_on)), daemon=True)
        probe.start()
        probe.join(0.5)
        if probe.is_alive():
            break
        time.sleep(0.05)
    else:
        sys.exit("the launch lock was never taken")
    write, last_call = ctypes.PyDLL(None).write, keeping_gil(record)
    role("keeper")
    say("ready")
    write(gate_in, b"x", 1)  # with the GIL kept: the host function comes back and wants it
    last_call(event, record_on)
    return keep


def two_party(block):
    """`block`: a call that keeps the GIL until a host function in Python is done."""
    entered = []
    keep, submit = HostFunction(lambda _: entered.append(1)), function("cuLaunchHostFunc", keeps_gil=True)
    role("keeper")
    say("ready")
    submit(stream_behind, keep, None)  # from here on nobody else gets the GIL
    block()
    return keep


def device_memory():
    address = ctypes.c_uint64()
    call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(1 << 20))
    return address


def endless_kernel():
    host = made("cuMemHostAlloc", ctypes.c_size_t(64), 2)  # CU_MEMHOSTALLOC_DEVICEMAP
    flag = ctypes.c_uint64()
    call("cuMemHostGetDevicePointer_v2", ctypes.byref(flag), host, 0)
    on = stream()
    launch(kernel(b"spin"), on, flag)
    role("waiter")
    say("ready")
    call("cuStreamSynchronize", on)


if len(sys.argv) == 4 and sys.argv[2] == "--runtime":
    libraries["runtime"] = sys.argv[3]
elif len(sys.argv) != 2:
    sys.exit(__doc__)
scenario = sys.argv[1]
call("cuInit", 0)
device = ctypes.c_int()
call("cuDeviceGet", ctypes.byref(device), 0)
context = made("cuDevicePrimaryCtxRetain", device)
call("cuCtxSetCurrent", context)


def in_context(body):
    def run():
        call("cuCtxSetCurrent", context)
        body()

    return run


stream_behind = stream()
if scenario == "three-party":
    memory = device_memory()
    three_party(in_context(lambda: call("cuMemFree_v2", memory)))
elif scenario == "first-launch":
    first, on_its_own = kernel(b"nothing"), stream()
    three_party(in_context(lambda: launch(first, on_its_own)))
elif scenario == "synchronize":
    last_call = keeping_gil(synchronize)
    two_party(lambda: last_call(stream_behind))
elif scenario == "free":
    memory, last_call = device_memory(), keeping_gil(free)
    two_party(lambda: last_call(memory))
elif scenario == "launch":
    first, on_its_own, last_call = kernel(b"nothing"), stream(), function("cuLaunchKernel", keeps_gil=True)
    two_party(lambda: launch(first, on_its_own, by=last_call))
elif scenario == "kernel":
    endless_kernel()
else:
    sys.exit(__doc__)
say("not reached")
