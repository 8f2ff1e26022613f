/** Dumps that show a party of a hang without the other one: the family is told, the verdict stays `unknown`. */
export interface Waiting {
  shows: string;
  kind: string;
  family: string;
  text: string;
}

export const waiters: readonly Waiting[] = [
  {
    shows: 'Python 2.7: a worker wants the GIL, the embedding main thread is not shown',
    kind: 'unknown',
    family: 'gil-vs-native-mutex',
    text: `Thread 9 (Thread 0x7ffe (LWP 901)):
#0  0x00007ffff4e90106 in do_futex_wait.constprop () from /lib64/libpthread.so.0
#1  0x00007ffff4e901f8 in __new_sem_wait_slow.constprop.0 () from /lib64/libpthread.so.0
#2  0x00007ffff7b82f38 in PyThread_acquire_lock (lock=0x38ff5e0, waitflag=1) at Python/thread_pthread.h:356
#3  0x00007ffff7b41b26 in PyEval_RestoreThread (tstate=0x7ffea37fa600) at Python/ceval.c:359
#4  0x00007ffff7b6fbc6 in PyGILState_Ensure () at Python/pystate.c:617
#5  0x0000000001b67e8e in host::Callback::run() ()
`,
  },
  {
    shows: 'a DataLoader parent that waits for its worker',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `Process 77: python train.py
Python v3.9.7 (/opt/conda/bin/python3.9)

Thread 77 (idle): "MainThread"
    wait (threading.py:306)
    get (queue.py:179)
    _try_get_data (torch/utils/data/dataloader.py:1011)
    _next_data (torch/utils/data/dataloader.py:1207)
    __next__ (torch/utils/data/dataloader.py:530)
    <module> (train.py:30)
`,
  },
  {
    shows: 'a forked worker in a Python-level lock of logging',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `Thread 0x00007f3b4c5d0740 (most recent call first):
  File "/usr/lib/python3.8/logging/__init__.py", line 899 in acquire
  File "/usr/lib/python3.8/logging/__init__.py", line 950 in handle
  File "/usr/lib/python3.8/logging/__init__.py", line 1514 in info
  File "/app/worker.py", line 12 in work
  File "/usr/lib/python3.8/multiprocessing/process.py", line 108 in run
  File "/usr/lib/python3.8/multiprocessing/process.py", line 315 in _bootstrap
  File "/usr/lib/python3.8/multiprocessing/popen_fork.py", line 75 in _launch
  File "/usr/lib/python3.8/multiprocessing/popen_fork.py", line 19 in __init__
`,
  },
  {
    shows: 'a child that hands the GIL over to nobody after a fork',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `(gdb) info threads
  Id   Target Id                                   Frame 
* 1    Thread 0x7f87cc04b280 (LWP 329) "python3" 0x00007f87cc3aa454 in pthread_cond_wait () from /lib/x86_64-linux-gnu/libpthread.so.0
(gdb) bt
#0  0x00007f87cc3aa454 in pthread_cond_wait@@GLIBC_2.3.2 () from /lib/x86_64-linux-gnu/libpthread.so.0
#1  0x000055a7d5f1ff35 in drop_gil (tstate=0x55a7d7dca950) at Python/ceval_gil.h:180
#2  0x000055a7d5f201a8 in _PyEval_EvalFrameDefault (f=0x1, throwflag=0) at Python/ceval.c:1080
#3  0x000055a7d5f64de2 in main () at ./Modules/main.c:15
(gdb)
`,
  },
  {
    shows: 'Rust: a futex between fork and exec',
    kind: 'deadlock',
    family: 'fork-held-lock',
    text: `#0  syscall () at ../sysdeps/unix/sysv/linux/x86_64/syscall.S:38
#1  0x0000558ef0a1c3d1 in std::sys::unix::futex::futex_wait () at library/std/src/sys/unix/futex.rs:61
#2  0x0000558ef0a1b0aa in std::sys::unix::locks::futex_rwlock::RwLock::read_contended () at library/std/src/sys/unix/locks/futex_rwlock.rs:137
#3  0x0000558ef0a2f000 in std::sys::unix::os::env_read_lock ()
#4  0x0000558ef0a30bdf in std::sys::unix::process::process_common::Command::do_exec ()
#5  0x0000558ef0a30577 in std::sys::unix::process::process_common::Command::spawn ()
`,
  },
  {
    shows: 'a spin lock of Abseil in the only thread shown',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `(gdb) bt
#0  0x00007f74964a5fc9 in syscall () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f74945d23d6 in AbslInternalSpinLockDelay_lts_20230802 () from /opt/lib/python3.11/site-packages/grpc/_cython/cygrpc.so
#2  0x00007f74945d2302 in absl::lts_20230802::base_internal::SpinLock::SlowLock() () from /opt/lib/python3.11/site-packages/grpc/_cython/cygrpc.so
#3  0x00007f74945d2e18 in absl::lts_20230802::base_internal::LowLevelAlloc::Alloc(unsigned long) () from /opt/lib/python3.11/site-packages/grpc/_cython/cygrpc.so
#4  0x00007f74945d3823 in grpc_prefork () from /opt/lib/python3.11/site-packages/grpc/_cython/cygrpc.so
`,
  },
  {
    shows: 'a hang inside pthread_cond_broadcast',
    kind: 'unknown',
    family: 'lost-wakeup',
    text: `Thread 1 (Thread 0x7f01 (LWP 601)):
#0  0x00007f2b1ee2a420 in futex_wait_simple () from /lib64/libpthread.so.0
#1  0x00007f2b1ee2a5d3 in __condvar_quiesce_and_switch_g1 () from /lib64/libpthread.so.0
#2  0x00007f2b1ee2a6ff in pthread_cond_broadcast@@GLIBC_2.3.2 () from /lib64/libpthread.so.0
#3  0x0000000000403aaa in finish () at pool.cc:88
`,
  },
  {
    shows: 'a process that exits and joins the feeder of a full queue',
    kind: 'unknown',
    family: 'queue-full-join',
    text: `Process 88: python worker.py
Python v3.10.12 (/usr/bin/python3.10)

Thread 88 (idle): "MainThread"
    _wait_for_tstate_lock (threading.py:1116)
    join (threading.py:1096)
    _finalize_join (multiprocessing/queues.py:199)
    __call__ (multiprocessing/util.py:224)
    _run_finalizers (multiprocessing/util.py:300)
    _exit_function (multiprocessing/util.py:357)
Thread 91 (idle): "QueueFeederThread"
    _send (multiprocessing/connection.py:368)
    _send_bytes (multiprocessing/connection.py:411)
    send_bytes (multiprocessing/connection.py:200)
    _feed (multiprocessing/queues.py:244)
    run (threading.py:953)
    _bootstrap_inner (threading.py:1016)
    _bootstrap (threading.py:973)
`,
  },
  {
    shows: 'pthread_spin_lock, the holder is not shown',
    kind: 'unknown',
    family: 'spin-wait',
    text: `(gdb) bt
#0  0x00007ffff733b225 in pthread_spin_lock () from /lib64/libpthread.so.0
#1  0x00007ffff5f3c56c in lock_endpoint (lock=0x6d5b00) at spinlock.h:64
#2  0x00007ffff5f3ec34 in flush (ep=0x88ee40) at endpoint.c:205
#3  0x0000000000401234 in main () at app.c:10
`,
  },
  {
    shows: 'several threads in mutexes, by info threads only',
    kind: 'unknown',
    family: 'abba-mutex',
    text: `(gdb) info threads
  Id   Target Id         Frame
  3    Thread 0x7f03 (LWP 303) "srv" __lll_lock_wait () at ../sysdeps/unix/sysv/linux/x86_64/lowlevellock.S:135
  2    Thread 0x7f02 (LWP 302) "srv" __lll_lock_wait () at ../sysdeps/unix/sysv/linux/x86_64/lowlevellock.S:135
* 1    Thread 0x7f01 (LWP 301) "srv" 0x00007ffff6ceadfd in nanosleep () at ../sysdeps/unix/syscall-template.S:81
`,
  },
  {
    shows: 'the GIL is held by a thread that waits on a condition of native code',
    kind: 'unknown',
    family: 'gil-vs-native-mutex',
    text: `Thread 2 (Thread 0x7f02 (LWP 702) "python"):
#0  0x00007f00000ae117 in __futex_abstimed_wait_common () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f00000b0d2b in pthread_cond_timedwait () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x000000000051abcd in take_gil (tstate=0x1) at Python/ceval_gil.h:250
#3  0x000000000051bbbb in PyGILState_Ensure () at Python/pystate.c:2200
#4  0x00007f0005555555 in Response::release() () from /opt/lib/libserve.so

Thread 1 (Thread 0x7f01 (LWP 701) "python"):
#0  0x00007f00000ae117 in __futex_abstimed_wait_common () from /lib/x86_64-linux-gnu/libc.so.6
#1  0x00007f00000b0a41 in pthread_cond_wait () from /lib/x86_64-linux-gnu/libc.so.6
#2  0x00007f0005666666 in std::condition_variable::wait(std::unique_lock<std::mutex>&) () from /usr/lib/libstdc++.so.6
#3  0x00007f0005777777 in Transfer::receive() () from /opt/lib/libserve.so
#4  0x000000000055aaaa in _PyEval_EvalFrameDefault () at Python/ceval.c:4000
`,
  },
  {
    shows: 'the loader lock below Python, pystack',
    kind: 'unknown',
    family: 'gil-vs-native-mutex',
    text: `Traceback for thread 5151 (python3) [Has the GIL] (most recent call last):
    (Python) File "/app/run.py", line 3, in <module>
        work()
    (Python) File "/app/run.py", line 2, in work
        array.sum()
    (C) File "???", line 0, in array_sum (/opt/lib/python3.13/site-packages/numpy/_core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so)
    (C) File "./debug/backtrace.c", line 78, in __backtrace (/usr/lib/x86_64-linux-gnu/libc.so.6)
    (C) File "./elf/dl-iteratephdr.c", line 39, in dl_iterate_phdr (/usr/lib/x86_64-linux-gnu/libc.so.6)
`,
  },
  {
    shows: 'a lone thread 1, pasted from a process of many, in a Python lock',
    kind: 'unknown',
    family: 'other',
    text: `Thread 1 (Thread 0x7f9a (LWP 1366)):
Traceback (most recent call first):
  <built-in method acquire of _thread.RLock object at remote 0x7f9aeed3>
  File "/srv/bank.py", line 80, in update
    with self.lock:
  File "/srv/main.py", line 12, in <module>
`,
  },
  {
    shows: 'two Python locks, py-spy --native',
    kind: 'unknown',
    family: 'abba-mutex',
    text: `Process 71: python bank.py
Python v3.10.2 (/usr/bin/python3.10)

Thread 71 (idle): "Thread-1"
    do_futex_wait.constprop.0 (libpthread-2.31.so)
    PyThread_acquire_lock_timed (python3.10)
    lock_PyThread_acquire_lock (python3.10)
    transfer (bank.py:14)
    run (threading.py:953)
Thread 72 (idle): "Thread-2"
    do_futex_wait.constprop.0 (libpthread-2.31.so)
    PyThread_acquire_lock_timed (python3.10)
    lock_PyThread_acquire_lock (python3.10)
    refund (bank.py:22)
    run (threading.py:953)
`,
  },
  {
    shows: 'an event loop that blocks on a future, and nobody else',
    kind: 'unknown',
    family: 'other',
    text: `Process 33: python svc.py
Python v3.12.3 (/usr/bin/python3.12)

Thread 33 (idle): "MainThread"
    wait (threading.py:355)
    result (concurrent/futures/_base.py:451)
    call_sync (svc/bridge.py:41)
    _run (asyncio/events.py:88)
    _run_once (asyncio/base_events.py:1987)
    run_forever (asyncio/base_events.py:641)
`,
  },
  {
    shows: 'every worker of a pool waits for a future',
    kind: 'unknown',
    family: 'other',
    text: `Process 44: python etl.py
Python v3.10.8 (/usr/bin/python3.10)

Thread 44 (idle): "MainThread"
    wait (threading.py:320)
    result (concurrent/futures/_base.py:453)
    main (etl.py:60)
Thread 45 (idle): "ThreadPoolExecutor-0_0"
    wait (threading.py:320)
    result (concurrent/futures/_base.py:453)
    merge (etl.py:33)
    run (concurrent/futures/thread.py:58)
    _worker (concurrent/futures/thread.py:83)
    run (threading.py:953)
`,
  },
  {
    shows: 'a handler of fork that waits, in the only stack shown',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007fb456 in pthread_cond_signal@@GLIBC_2.3.2 () at pthread_cond_signal.S:140
#2  0x00007fb428 in pool_shutdown () from /usr/lib/libpool.so.0
#3  0x00007fb455 in __libc_fork () at ../sysdeps/nptl/fork.c:96
`,
  },
  {
    shows: 'a handler of fork in a parent, and a thread in the middle of the library',
    kind: 'unknown',
    family: 'abba-mutex',
    text: `Thread 12 (Thread 0x7f35 (LWP 304)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007fb456 in __GI___pthread_mutex_lock () at pthread_mutex_lock.c:80
#2  0x00007fb428 in je_arena_prefork () from /usr/lib/libjemalloc.so.2
#3  0x00007fb455 in __libc_fork () at ../sysdeps/nptl/fork.c:96

Thread 4 (Thread 0x7f36 (LWP 341)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007fb456 in __GI___pthread_mutex_lock () at pthread_mutex_lock.c:80
#2  0x00007fb429 in je_arena_get_hard () from /usr/lib/libjemalloc.so.2
#3  0x00007fb42a in je_arena_purge () from /usr/lib/libjemalloc.so.2
`,
  },
  {
    shows: 'a parallel region of OpenMP in a forked child, whose team stayed in the parent',
    kind: 'unknown',
    family: 'fork-held-lock',
    text: `Process 2020: python omp.py
Python v3.9.2 (/usr/bin/python3.9)

Thread 2020 (active): "MainThread"
    gomp_team_barrier_wait_end (libgomp.so.1.0.0)
    gomp_team_start (libgomp.so.1.0.0)
    GOMP_parallel (libgomp.so.1.0.0)
    dgemm_ (libblas.so.3)
    dot (omp.py:9)
    run (multiprocessing/process.py:108)
    _bootstrap (multiprocessing/process.py:315)
    _launch (multiprocessing/popen_fork.py:71)
`,
  },
  {
    shows: 'takers of the GIL, by info threads only',
    kind: 'unknown',
    family: 'gil-vs-native-mutex',
    text: `  Id   Target Id         Frame
  2    Thread 0x7f91 (LWP 2814) "fs" futex_abstimed_wait_cancelable (private=0, abstime=0x7f90fa7f, expected=0, futex_word=0x8fe54c <_PyRuntime+1228>) at futex-internal.h:320
  3    Thread 0x7f92 (LWP 2815) "fs" futex_abstimed_wait_cancelable (private=0, abstime=0x7f90f9ff, expected=0, futex_word=0x8fe54c <_PyRuntime+1228>) at futex-internal.h:320
`,
  },
  {
    shows:
      'a launch with the GIL that a host function wants: one sample cannot tell it from any other launch',
    kind: 'unknown',
    family: 'gil-vs-cuda-driver',
    text: `Process 700: python infer.py
Python v3.12.3 (/usr/bin/python3.12)

Thread 700 (active+gil): "MainThread"
    0x7f93a1 (libcuda.so.575.57.08)
    cuLaunchKernel (libcuda.so.575.57.08)
    launch (function.cpython-312-x86_64-linux-gnu.so)
    forward (model.py:80)
Thread 720 (idle): "Dummy-3"
    0x7fa1 (libc.so.6)
    pthread_cond_timedwait (libc.so.6)
    __pyx_f_4cupy_4cuda_7runtime__HostFnFunc (runtime.cpython-312-x86_64-linux-gnu.so)
    0x7f93 (libcuda.so.575.57.08)
    0x7f94 (libcuda.so.575.57.08)
`,
  },
  {
    shows: 'a lock of Python 2 by the arguments of its evaluations, gdb with python-gdb',
    kind: 'unknown',
    family: 'other',
    text: `#0  sem_wait () at sem_wait.S:86
#1  0x00000000004d in PyThread_acquire_lock (lock=0xf20480, waitflag=128) at thread_pthread.h:349
#2  0x00000000004e in lock_PyThread_acquire_lock (self=0x7f21, args=()) at threadmodule.c:46
#3  0x00000000004f in call_function (f=
    Frame 0xf3c370, for file /usr/lib/python2.6/threading.py, line 123, in acquire (self=<_RLock at remote 0x7f21>), oparg=1) at ceval.c:3750
#4  PyEval_EvalFrameEx (f=
    Frame 0xf3c370, for file /usr/lib/python2.6/threading.py, line 123, in acquire (self=<_RLock at remote 0x7f21>), throwflag=0) at ceval.c:2412
#5  0x000000000050 in PyEval_EvalCodeEx (co=0x7f22) at ceval.c:3000
#6  0x000000000051 in PyEval_EvalFrameEx (f=Frame 0xf3c380, for file /srv/bank.py, line 20, in update (amount=3), throwflag=0) at ceval.c:2412
`,
  },
];
