/** Dumps as people paste them, written for these tests after public reports; each shows its whole cycle. */
export interface Text {
  /** What the text shows, and the public report it is modelled on. */
  shows: string;
  family: string;
  /** Thread ids of the parties. */
  parties: number[];
  text: string;
}

export const deadlocks: readonly Text[] = [
  {
    shows: 'the GIL, the CUDA runtime and host functions (LMCache PR 2823), py-spy --native',
    family: 'gil-vs-cuda-driver',
    parties: [501, 502, 511],
    text: `Process 500: python3 -m cache.server
Python v3.12.4 (/usr/bin/python3.12)

Thread 500 (idle): "MainThread"
    0x7f00000910aa (libc.so.6)
    pthread_cond_timedwait (libc.so.6)
    serve (cache/server.py:80)
    <module> (cache/server.py:99)
Thread 501 (idle): "worker_1"
    0x7f00000910bb (libc.so.6)
    pthread_mutex_lock (libc.so.6)
    0x7f0000a41dd4 (libcudart.so.12)
    0x7f0000a0118b (libcudart.so.12)
    cudaSetDevice (libcudart.so.12)
    c10::cuda::ExchangeDevice (libc10_cuda.so)
    THCPModule_exchangeDevice (libtorch_python.so)
    __enter__ (torch/cuda/__init__.py:550)
    put (cache/server.py:40)
    run (concurrent/futures/thread.py:59)
    _worker (concurrent/futures/thread.py:93)
Thread 502 (active): "worker_2"
    0x7f0001c41c90 (libcuda.so.575.57.08)
    0x7f0001a96528 (libcuda.so.575.57.08)
    cuLibraryGetModule (libcuda.so.575.57.08)
    0x7f0000a3d10a (libcudart.so.12)
    cudaLaunchKernel (libcudart.so.12)
    copy_blocks (cache/ops.cpython-312-x86_64-linux-gnu.so)
    pybind11::gil_scoped_release::~gil_scoped_release (gil.h:180)
    pybind11::cpp_function::dispatcher (cache/ops.cpython-312-x86_64-linux-gnu.so)
    put (cache/server.py:52)
    run (concurrent/futures/thread.py:59)
    _worker (concurrent/futures/thread.py:93)
Thread 503 (idle): "worker_3"
    0x7f00000910aa (libc.so.6)
    0x7f0000099c78 (libc.so.6)
    PyThread_acquire_lock_timed (python3.12)
    0x7f00004f06bd (_queue.cpython-312-x86_64-linux-gnu.so)
    _worker (concurrent/futures/thread.py:90)
Thread 511 (idle): "Dummy-2"
    0x7f00000910aa (libc.so.6)
    pthread_cond_timedwait (libc.so.6)
    runtime__HostFnFunc (runtime.cpp:24659)
    0x7f0001ac4233 (libcuda.so.575.57.08)
    0x7f000042cac3 (libc.so.6)
Thread 512 (idle): "Dummy-3"
    0x7f00000910aa (libc.so.6)
    pthread_cond_timedwait (libc.so.6)
    runtime__HostFnFunc (runtime.cpp:24659)
    0x7f0001ac4233 (libcuda.so.575.57.08)
    0x7f000042cac3 (libc.so.6)
`,
  },
  {
    shows: 'a callback under a driver call against the GIL (ucx-py 187), gdb',
    family: 'gil-vs-cuda-driver',
    parties: [901, 902],
    text: `Thread 2 (Thread 0x7f11aa7fc700 (LWP 902)):
#0  0x00007f11d007d709 in pthread_cond_timedwait@@GLIBC_2.3.2 () from /lib/x86_64-linux-gnu/libpthread.so.0
#1  0x000055e4de14a32d in PyCOND_TIMEDWAIT (us=5000, mut=0x55e4de16da68 <_PyRuntime+1256>, cond=0x55e4de16da38 <_PyRuntime+1208>) at Python/condvar.h:90
#2  take_gil (tstate=0x55e450f39b0) at Python/ceval_gil.h:208
#3  PyEval_RestoreThread () at Python/ceval.c:271
#4  0x000055e4de157297 in PyGILState_Ensure () at Python/pystate.c:1067
#5  0x00007f11c4d3e1d6 in closure_fcn () from /opt/env/lib/python3.7/lib-dynload/_ctypes.cpython-37m-x86_64-linux-gnu.so
#6  0x00007f11c4b1c9ff in ffi_closure_unix64_inner () from /opt/env/lib/libffi.so.6
#7  0x00007f11c4b1cd48 in ffi_closure_unix64 () from /opt/env/lib/libffi.so.6
#8  0x00007f11a1a3c2b1 in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#9  0x00007f11a1b4f0c2 in cuOccupancyMaxPotentialBlockSize () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#10 0x00007f11c4b1cdae in ffi_call_unix64 () from /opt/env/lib/libffi.so.6
#11 0x00007f11c4d3f8a1 in _ctypes_callproc () from /opt/env/lib/python3.7/lib-dynload/_ctypes.cpython-37m-x86_64-linux-gnu.so
#12 0x000055e4de0f1c52 in _PyEval_EvalFrameDefault () at Python/ceval.c:3131

Thread 1 (Thread 0x7f11d0a80740 (LWP 901)):
#0  __lll_lock_wait () at ../sysdeps/unix/sysv/linux/x86_64/lowlevellock.S:135
#1  0x00007f11d0079025 in __GI___pthread_mutex_lock (mutex=0x55e4e2d6c1b0) at ../nptl/pthread_mutex_lock.c:80
#2  0x00007f11a1b97d7c in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#3  0x00007f11a1a5a0f3 in cuMemcpyAsync () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#4  0x00007f119ec8a6d2 in uct_cuda_copy_ep_put_zcopy () from /opt/env/lib/libuct_cuda.so.0
#5  0x00007f11c5a8d3f2 in __pyx_pw_3ucp_4_lib_progress () from /opt/env/lib/python3.7/site-packages/ucp/_lib.cpython-37m-x86_64-linux-gnu.so
#6  0x000055e4de0f1c52 in _PyEval_EvalFrameDefault () at Python/ceval.c:3131
`,
  },
  {
    shows: 'hipEventDestroy with the GIL against a host function (LMCache 3362), py-spy --native',
    family: 'gil-vs-cuda-driver',
    parties: [21, 22],
    text: `Process 20: python3 server.py
Python v3.12.3 (/usr/bin/python3.12)

Thread 21 (active): "ThreadPoolExecutor-0_1"
    roc::WaitForSignal (libamdhip64.so.7)
    amd::HostQueue::finish (libamdhip64.so.7)
    hip::Stream::SyncAllStreams (libamdhip64.so.7)
    hipEventDestroy (libamdhip64.so.7)
    THCPEvent_dealloc (libtorch_python.so)
    release (server.py:88)
    _worker (concurrent/futures/thread.py:93)
Thread 22 (idle): "Dummy-4"
    pthread_cond_timedwait (libc.so.6)
    runtime__HostFnFunc (runtime.cpp:24659)
    amd::Event::processCallbacks (libamdhip64.so.7)
    roc::HsaAmdSignalHandler (libamdhip64.so.7)
    rocr::core::Runtime::AsyncEventsLoop (libhsa-runtime64.so.1)
`,
  },
  {
    shows: 'cudaLaunchHostFunc yields in the driver with the GIL (TensorRT-LLM PR 15855), py-spy --native',
    family: 'gil-vs-cuda-driver',
    parties: [31, 32],
    text: `Process 30: python3 run.py
Python v3.12.3 (/usr/bin/python3.12)

Thread 31 (active+gil): "MainThread"
    sched_yield (libc.so.6)
    0x7f0001c41c90 (libcuda.so.580.65)
    cuLaunchHostFunc (libcuda.so.580.65)
    cudaLaunchHostFunc (libcudart.so.13)
    launch_callback (bindings.cpython-312-x86_64-linux-gnu.so)
    schedule (run.py:12)
    <module> (run.py:40)
Thread 32 (idle): "Dummy-1"
    pthread_cond_timedwait (libc.so.6)
    pybind11::gil_scoped_acquire::gil_scoped_acquire (bindings.cpython-312-x86_64-linux-gnu.so)
    run_host_callback (bindings.cpython-312-x86_64-linux-gnu.so)
    0x7f0001ac4233 (libcuda.so.580.65)
    0x7f000042cac3 (libc.so.6)
`,
  },
  {
    shows: 'a host function that calls the CUDA runtime, gdb',
    family: 'host-callback-calls-runtime',
    parties: [71, 72],
    text: `Thread 2 (Thread 0x7f30 (LWP 72) "cuda-host"):
#0  futex_wait (private=0, expected=2, futex_word=0x5590aa10) at ../sysdeps/nptl/futex-internal.h:146
#1  __GI___lll_lock_wait (futex=0x5590aa10, private=0) at ./nptl/lowlevellock.c:49
#2  ___pthread_mutex_lock (mutex=0x5590aa10) at ./nptl/pthread_mutex_lock.c:93
#3  0x00007f30a1b97d7c in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#4  0x00007f30a1b47d7c in cuMemAlloc_v2 () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#5  0x00007f30c1b47d7c in cudaMalloc () from /usr/local/cuda/lib64/libcudart.so.12
#6  0x0000555500001234 in on_done_host_fn (data=0x1) at demo.cu:12
#7  0x00007f30a1ac4233 in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#8  0x00007f30d0094ac3 in start_thread () from /lib/x86_64-linux-gnu/libc.so.6

Thread 1 (Thread 0x7f31 (LWP 71) "demo"):
#0  0x00007f30a1c41c90 in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#1  0x00007f30a1a96528 in ?? () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#2  0x00007f30a1a96999 in cuMemFree_v2 () from /usr/lib/x86_64-linux-gnu/libcuda.so.1
#3  0x00007f30c1b47999 in cudaFree () from /usr/local/cuda/lib64/libcudart.so.12
#4  0x0000555500001999 in main () at demo.cu:40
`,
  },
  {
    shows: 'the allocator lock of PyTorch against the GIL (pytorch 97833), gdb',
    family: 'gil-vs-native-mutex',
    parties: [41, 42],
    text: `Thread 2 (Thread 0x7f42 (LWP 42) "python"):
#0  0x00007f916b002197 in ?? () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f916b004f1b in pthread_cond_timedwait () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x00000000004d2a2b in PyCOND_TIMEDWAIT (us=<optimized out>, mut=<optimized out>, cond=0x746ea0 <_PyRuntime+384>) at Python/condvar.h:73
#3  take_gil (tstate=0x7ffc50f44890) at Python/ceval_gil.h:247
#4  0x00000000005dc982 in PyEval_AcquireThread (tstate=0x26c3650) at Python/ceval.c:385
#5  0x00007f91323e8c65 in pybind11::gil_scoped_acquire::gil_scoped_acquire() () from /opt/lib/python3.9/site-packages/torch/lib/libtorch_python.so
#6  0x00007f9132b3e49e in StackContext::~StackContext() () from /opt/lib/python3.9/site-packages/torch/lib/libtorch_python.so
#7  0x00007f9160c20000 in c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::free_block(Block*) () from /opt/lib/python3.9/site-packages/torch/lib/libc10_cuda.so
#8  0x00007f9160c21111 in c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::malloc(int, unsigned long, CUstream_st*) () from /opt/lib/python3.9/site-packages/torch/lib/libc10_cuda.so
#9  0x00007f9160c22222 in torch::autograd::Engine::thread_main () from /opt/lib/python3.9/site-packages/torch/lib/libtorch_cpu.so

Thread 1 (Thread 0x7f41 (LWP 41) "python"):
#0  0x00007f916b002197 in ?? () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f916b0090dd in pthread_mutex_lock () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x00007f9160c22336 in c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::malloc(int, unsigned long, CUstream_st*) () from /opt/lib/python3.9/site-packages/torch/lib/libc10_cuda.so
#3  0x00007f9160c33333 in THPStorage_new () from /opt/lib/python3.9/site-packages/torch/lib/libtorch_python.so
#4  0x00000000005ac000 in _PyEval_EvalFrameDefault () at Python/ceval.c:4000
`,
  },
  {
    shows: 'a static initialiser against the GIL (pybind11 PR 4877), gdb',
    family: 'gil-vs-call_once',
    parties: [51, 52],
    text: `Thread 2 (Thread 0x7f52 (LWP 52) "python"):
#0  syscall () at ../sysdeps/unix/sysv/linux/x86_64/syscall.S:38
#1  0x00007f55aa0b7d3f in __cxa_guard_acquire () from /lib/x86_64-linux-gnu/libstdc++.so.6
#2  0x00007f55bb0010c5 in pybind11::detail::npy_api::get() () from /opt/ext.cpython-311-x86_64-linux-gnu.so
#3  0x00007f55bb0020c5 in convert(pybind11::array) () from /opt/ext.cpython-311-x86_64-linux-gnu.so
#4  0x0000000000556bbb in _PyEval_EvalFrameDefault () at Python/ceval.c:4000

Thread 1 (Thread 0x7f51 (LWP 51) "python"):
#0  0x00007f55ac89e117 in __futex_abstimed_wait_common () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f55ac8a0d2b in pthread_cond_timedwait () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x000000000051abcd in take_gil (tstate=0x1) at Python/ceval_gil.h:250
#3  0x000000000051bbbb in PyEval_RestoreThread (tstate=0x1) at Python/ceval.c:600
#4  0x0000000000600aaa in _PyImport_Load () at Python/import.c:1
#5  0x00007f55bb0011d5 in pybind11::detail::npy_api::get() () from /opt/ext.cpython-311-x86_64-linux-gnu.so
#6  0x00007f55bb0020c5 in convert(pybind11::array) () from /opt/ext.cpython-311-x86_64-linux-gnu.so
#7  0x0000000000556bbb in _PyEval_EvalFrameDefault () at Python/ceval.c:4000
`,
  },
  {
    shows: 'a thread-safe function whose JS thread joins its caller (node issue 32615), gdb',
    family: 'js-thread-blocked',
    parties: [61, 62],
    text: `Thread 2 (Thread 0x7fa97035f700 (LWP 62) "worker"):
#0  0x00007fa96f386a00 in pthread_cond_wait@@GLIBC_2.3.2 () from /lib64/libpthread.so.0
#1  0x0000000000dfef12 in uv_cond_wait ()
#2  0x0000000000a67832 in napi_call_threadsafe_function ()
#3  0x00007fa967b3861c in report_progress () from /opt/app/node_modules/addon/build/Release/addon.node
#4  0x00007fa96f380aa1 in start_thread () from /lib64/libpthread.so.0

Thread 1 (Thread 0x7fa970380740 (LWP 61) "node"):
#0  0x00007fa96f382017 in pthread_join (threadid=140365708785408, thread_return=0x0) at pthread_join.c:90
#1  0x00007fa967b38aaa in stop_worker () from /opt/app/node_modules/addon/build/Release/addon.node
#2  0x0000000000b00aaa in v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke ()
#3  0x0000000000b00bbb in v8::internal::Builtin_HandleApiCall ()
#4  0x0000000000c00ccc in node::SpinEventLoop ()
#5  0x0000000000c00ddd in main ()
`,
  },
  {
    shows: 'two mutexes in opposite order, with the addresses in the frames, gdb',
    family: 'abba-mutex',
    parties: [81, 82],
    text: `Thread 3 (Thread 0x7f83 (LWP 83) "poller"):
#0  0x00007f00000f1fef in epoll_wait () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x0000555500002000 in event_base_loop () from /usr/lib/libevent-2.1.so.7

Thread 2 (Thread 0x7f82 (LWP 82) "b"):
#0  futex_wait (private=0, expected=2, futex_word=0x4040c0 <accounts>) at futex-internal.h:146
#1  __GI___lll_lock_wait (futex=0x4040c0 <accounts>, private=0) at lowlevellock.c:49
#2  ___pthread_mutex_lock (mutex=0x4040c0 <accounts>) at pthread_mutex_lock.c:93
#3  0x0000000000401300 in audit () at bank.c:20

Thread 1 (Thread 0x7f81 (LWP 81) "a"):
#0  futex_wait (private=0, expected=2, futex_word=0x404100 <journal>) at futex-internal.h:146
#1  __GI___lll_lock_wait (futex=0x404100 <journal>, private=0) at lowlevellock.c:49
#2  ___pthread_mutex_lock (mutex=0x404100 <journal>) at pthread_mutex_lock.c:93
#3  0x0000000000401200 in transfer () at bank.c:10
`,
  },
  {
    shows: 'malloc in a signal handler that interrupted malloc, gdb',
    family: 'self-deadlock',
    parties: [4242],
    text: `Thread 1 (Thread 0x7f80 (LWP 4242) "server"):
#0  __lll_lock_wait_private () at ../sysdeps/unix/sysv/linux/x86_64/lowlevellock.S:95
#1  0x00007f80aa09a12f in malloc () from /lib64/libc.so.6
#2  0x00007f80aa09b884 in backtrace_symbols () from /lib64/libc.so.6
#3  0x0000555500003aaa in on_crash(int) ()
#4  <signal handler called>
#5  0x00007f80aa0985c0 in _int_free () from /lib64/libc.so.6
#6  0x00007f80aa09c7d8 in free () from /lib64/libc.so.6
#7  0x0000555500003bbb in handle_request() ()
`,
  },
  {
    shows: 'dl_iterate_phdr with a Python callback against the GIL (triton PR 11265), gdb',
    family: 'gil-vs-native-mutex',
    parties: [101, 102],
    text: `Thread 2 (Thread 0x7f02 (LWP 102) "python"):
#0  0x00007f00000ae117 in __futex_abstimed_wait_common () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f00000b0d2b in pthread_cond_timedwait () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x000000000051abcd in take_gil (tstate=0x1) at Python/ceval_gil.c:300
#3  0x000000000051bbbb in PyGILState_Ensure () at Python/pystate.c:2200
#4  0x00007f0001d3e1d6 in closure_fcn () from /usr/lib/python3.12/lib-dynload/_ctypes.cpython-312-x86_64-linux-gnu.so
#5  0x00007f000111cd48 in ffi_closure_unix64 () from /usr/lib/x86_64-linux-gnu/libffi.so.8
#6  0x00007f00001760b2 in dl_iterate_phdr () from /lib/x86_64-linux-gnu/libc.so.6
#7  0x00007f000111cdae in ffi_call_unix64 () from /usr/lib/x86_64-linux-gnu/libffi.so.8
#8  0x00007f0001d3f8a1 in _ctypes_callproc () from /usr/lib/python3.12/lib-dynload/_ctypes.cpython-312-x86_64-linux-gnu.so
#9  0x000000000055aaaa in _PyEval_EvalFrameDefault () at Python/ceval.c:4000

Thread 1 (Thread 0x7f01 (LWP 101) "python"):
#0  0x00007f00000ae117 in __lll_lock_wait () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f00000b5a02 in pthread_mutex_lock () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x00007f0000176060 in dl_iterate_phdr () from /lib/x86_64-linux-gnu/libc.so.6
#3  0x00007f0005555555 in rocr::HSA::hsa_init () from /opt/rocm/lib/libhsa-runtime64.so.1
#4  0x00007f0006666666 in hipModuleLoadData () from /opt/rocm/lib/libamdhip64.so.6
#5  0x00007f0007777777 in loadBinary () from /opt/hip_utils.so
#6  0x000000000055aaaa in _PyEval_EvalFrameDefault () at Python/ceval.c:4000
`,
  },
  {
    shows: 'ranks in different collectives, py-spy',
    family: 'collective-mismatch',
    parties: [201, 202],
    text: `rank 0:
Process 201: python train.py
Python v3.10.12 (/usr/bin/python3.10)

Thread 201 (active): "MainThread"
    all_reduce (torch/distributed/distributed_c10d.py:2000)
    clip_grad_norm (trainer/optim.py:61)
    step (trainer/loop.py:40)
    main (train.py:10)

rank 1:
Process 202: python train.py
Python v3.10.12 (/usr/bin/python3.10)

Thread 202 (active): "MainThread"
    broadcast (torch/distributed/distributed_c10d.py:1900)
    sync_buffers (trainer/model.py:12)
    forward (trainer/loop.py:31)
    main (train.py:10)
`,
  },
  {
    shows: 'a Java-level deadlock, jstack',
    family: 'abba-mutex',
    parties: [0x1a, 0x1b],
    text: `2026-10-01 10:00:00
Full thread dump OpenJDK 64-Bit Server VM (21.0.4+7-LTS mixed mode, sharing):

"left" #20 [26] prio=5 os_prio=0 cpu=5.11ms elapsed=20.10s tid=0x00007f0a2c1b5000 nid=26 waiting for monitor entry  [0x00007f09f4dfe000]
   java.lang.Thread.State: BLOCKED (on object monitor)
	at demo.Bank.audit(Bank.java:20)
	- waiting to lock <0x000000071ac0b2c8> (a java.lang.Object)
	- locked <0x000000071ac0b2b8> (a java.lang.Object)
	at java.lang.Thread.run(java.base@21.0.4/Thread.java:1583)

"right" #21 [27] prio=5 os_prio=0 cpu=5.01ms elapsed=20.10s tid=0x00007f0a2c1b6800 nid=27 waiting for monitor entry  [0x00007f09f4cfd000]
   java.lang.Thread.State: BLOCKED (on object monitor)
	at demo.Bank.transfer(Bank.java:10)
	- waiting to lock <0x000000071ac0b2b8> (a java.lang.Object)
	- locked <0x000000071ac0b2c8> (a java.lang.Object)
	at java.lang.Thread.run(java.base@21.0.4/Thread.java:1583)
`,
  },
  {
    shows: 'a mutex that a condition variable takes again, with its owners printed, gdb',
    family: 'abba-mutex',
    parties: [102, 103],
    text: `Thread 3 (Thread 0x7f03 (LWP 103)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007f11 in __pthread_mutex_cond_lock (mutex=0x603010) at pthread_mutex_lock.c:80
#2  0x00007f12 in pthread_cond_wait@@GLIBC_2.3.2 () from libpthread.so.0
#3  0x0000401a in pop () at q.c:10
Thread 2 (Thread 0x7f02 (LWP 102)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007f13 in __GI___pthread_mutex_lock (mutex=0x603050) at pthread_mutex_lock.c:80
#2  0x0000401b in push () at q.c:30
(gdb) p *(pthread_mutex_t*)0x603010
$1 = {__data = {__lock = 2, __count = 0, __owner = 102, __nusers = 1}}
(gdb) p *(pthread_mutex_t*)0x603050
$2 = {__data = {__lock = 2, __count = 0, __owner = 103, __nusers = 1}}
`,
  },
];
