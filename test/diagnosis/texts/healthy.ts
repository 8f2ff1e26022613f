/** Dumps of processes that are not deadlocked, each with a trap. */
export interface Healthy {
  shows: string;
  kind: string;
  text: string;
}

export const healthy: readonly Healthy[] = [
  {
    shows: 'a serving worker that waits for its next message, with helper threads of CUDA, NCCL and OpenMP',
    kind: 'idle',
    text: `Process 861: VLLM::Worker_TP0
Python v3.12.3 (/usr/bin/python3.12)

Thread 861 (idle): "MainThread"
    poll (zmq/sugar/poll.py:106)
    wait (vllm/distributed/device_communicators/shm_broadcast.py:198)
    acquire_read (vllm/distributed/device_communicators/shm_broadcast.py:698)
    dequeue (vllm/distributed/device_communicators/shm_broadcast.py:779)
    worker_busy_loop (vllm/v1/executor/multiproc_executor.py:973)
Thread 870 (idle): "Thread-1 (_report_usage_worker)"
    wait (threading.py:359)
    wait (threading.py:655)
    _run (prometheus.py:68)
    run (threading.py:1012)
    _bootstrap_inner (threading.py:1075)
Thread 871 (idle): "ThreadPoolExecutor-0_0"
    _worker (concurrent/futures/thread.py:90)
    run (threading.py:1012)
`,
  },
  {
    shows: 'native helper threads only',
    kind: 'idle',
    text: `Thread 4 (Thread 0x7f04 (LWP 14) "cuda-EvtHandlr"):
#0  0x00007fd0b01abac1 in poll () from /lib64/libc.so.6
#1  0x00007fd0b2867e4f in ?? () from /lib64/libcuda.so.1
#2  0x00007fd0b293b12f in ?? () from /lib64/libcuda.so.1
#3  0x00007fd0b0d861ca in start_thread () from /lib64/libpthread.so.0

Thread 3 (Thread 0x7f03 (LWP 13) "python"):
#0  0x00007fd0b0d8a1c8 in futex_wait_cancelable () from /lib64/libpthread.so.0
#1  0x00007fd0b0d8a5c3 in pthread_cond_wait@@GLIBC_2.3.2 () from /lib64/libpthread.so.0
#2  0x00007fd0a0dcafeb in blas_thread_server () from /opt/lib/libopenblas.so.0
#3  0x00007fd0b0d861ca in start_thread () from /lib64/libpthread.so.0

Thread 2 (Thread 0x7f02 (LWP 12) "python"):
#0  0x00007fd0b01b8307 in epoll_wait () from /lib64/libc.so.6
#1  0x00007fd0aebcf509 in epoll_dispatch () from /lib64/libevent_core-2.1.so.6
#2  0x00007fd0aebc51e8 in event_base_loop () from /lib64/libevent_core-2.1.so.6

Thread 1 (Thread 0x7f01 (LWP 11) "python"):
#0  0x00007fd0b0d8a1c8 in __kmp_suspend_64 () from /opt/lib/libiomp5.so
#1  0x00007fd0b0d8a5c3 in __kmp_fork_barrier () from /opt/lib/libiomp5.so
#2  0x00007fd0a0dcafeb in __kmp_launch_thread () from /opt/lib/libiomp5.so
#3  0x00007fd0a0dcafff in __kmp_launch_worker () from /opt/lib/libiomp5.so
`,
  },
  {
    shows: 'an event loop with an executor',
    kind: 'idle',
    text: `Process 5: python -m uvicorn app:app
Python v3.11.4 (/usr/bin/python3.11)

Thread 5 (idle): "MainThread"
    select (selectors.py:468)
    _run_once (asyncio/base_events.py:1871)
    run_forever (asyncio/base_events.py:607)
    run_until_complete (asyncio/base_events.py:640)
Thread 9 (idle): "asyncio_0"
    _worker (concurrent/futures/thread.py:81)
    run (threading.py:975)
`,
  },
  {
    shows: 'a loop that holds the GIL and computes, others want it',
    kind: 'busy',
    text: `Process 6: python crunch.py
Python v3.11.4 (/usr/bin/python3.11)

Thread 6 (active+gil): "MainThread"
    fold (crunch.py:12)
    <module> (crunch.py:30)
Thread 7 (idle): "Thread-1 (tick)"
    pthread_cond_timedwait (libc.so.6)
    tick (crunch.py:3)
    run (threading.py:975)
`,
  },
  {
    shows: 'a native loop with the GIL that rests on a condition for a moment',
    kind: 'busy',
    text: `Process 8: python infer.py
Python v3.11.4 (/usr/bin/python3.11)

Thread 8 (active+gil): "MainThread"
    pthread_cond_wait (libc.so.6)
    std::condition_variable::wait (libstdc++.so.6)
    run_graph (engine.cpython-311-x86_64-linux-gnu.so)
    infer (infer.py:12)
`,
  },
  {
    shows: 'a GPU synchronisation that other ranks or the device must end',
    kind: 'waiting-external',
    text: `Process 10: python step.py
Python v3.11.4 (/usr/bin/python3.11)

Thread 10 (active): "MainThread"
    0x7f0001c41c90 (libcuda.so.575.57.08)
    cuStreamSynchronize (libcuda.so.575.57.08)
    cudaStreamSynchronize (libcudart.so.12)
    item (step.py:3)
    <module> (step.py:30)
`,
  },
  {
    shows: 'all ranks in the same collective',
    kind: 'waiting-external',
    text: `Thread 31 (active): "MainThread"
Thread 32 (active): "MainThread"
    all_reduce (torch/distributed/distributed_c10d.py:2000)
    reduce_grads (trainer/loop.py:61)
    main (train.py:10)
`,
  },
  {
    shows: 'one rank computes while the others wait for it',
    kind: 'busy',
    text: `3 processes:
Thread 41 (active): "MainThread"
Thread 42 (active): "MainThread"
Thread 43 (active): "MainThread"
    all_reduce (torch/distributed/distributed_c10d.py:2000)
    reduce_grads (trainer/loop.py:61)
    main (train.py:10)
1 process:
Thread 44 (active+gil): "MainThread"
    tokenize (trainer/data.py:12)
    load (trainer/loop.py:20)
    main (train.py:10)
`,
  },
  {
    shows: 'a thread that waits for a lock which another one holds while it waits for the network',
    kind: 'waiting-external',
    text: `"puller" #20 [26] prio=5 os_prio=0 cpu=5.11ms elapsed=20.10s tid=0x00007f0a2c1b5000 nid=26 runnable  [0x00007f09f4dfe000]
   java.lang.Thread.State: RUNNABLE
	at sun.nio.ch.Net.poll(java.base@21.0.4/Native Method)
	at sun.nio.ch.NioSocketImpl.park(java.base@21.0.4/NioSocketImpl.java:191)
	at demo.Client.fetch(Client.java:20)
	- locked <0x000000071ac0b2b8> (a demo.Client)

"waiter" #21 [27] prio=5 os_prio=0 cpu=5.01ms elapsed=20.10s tid=0x00007f0a2c1b6800 nid=27 waiting for monitor entry  [0x00007f09f4cfd000]
   java.lang.Thread.State: BLOCKED (on object monitor)
	at demo.Client.close(Client.java:10)
	- waiting to lock <0x000000071ac0b2b8> (a demo.Client)
`,
  },
  {
    shows: 'Node: the main thread computes, its workers rest',
    kind: 'busy',
    text: `Thread 3 (Thread 0x7f03 (LWP 33) "node"):
#0  0x00007fa96f386a00 in sem_wait () from /lib64/libpthread.so.0
#1  0x0000000000dfef12 in uv_sem_wait ()
#2  0x0000000000d67832 in node::DebugSignalThreadMain(void*) ()

Thread 2 (Thread 0x7f02 (LWP 32) "node"):
#0  0x00007fa96f386a00 in pthread_cond_wait@@GLIBC_2.3.2 () from /lib64/libpthread.so.0
#1  0x0000000000e08a38 in uv_cond_wait ()
#2  0x0000000000dddde9 in worker ()

Thread 1 (Thread 0x7f01 (LWP 31) "node"):
#0  0x00000000011aaaaa in v8::internal::JsonStringifier::Serialize_ ()
#1  0x00000000011bbbbb in v8::internal::Builtin_JsonStringify ()
#2  0x0000000000c00ccc in node::SpinEventLoop ()
`,
  },
  {
    shows: 'goroutines that wait for work and for the network',
    kind: 'waiting-external',
    text: `goroutine 1 [IO wait, 10 minutes]:
internal/poll.runtime_pollWait(0x7f0000, 0x72)
	/usr/local/go/src/runtime/netpoll.go:343 +0x85
net.(*netFD).accept(0xc000158000)
	/usr/local/go/src/net/fd_unix.go:172 +0x29
main.main()
	/app/main.go:20 +0x85

goroutine 18 [chan receive, 10 minutes]:
main.worker(0xc000020060)
	/app/main.go:30 +0x45
created by main.main in goroutine 1
	/app/main.go:15 +0x65
`,
  },
  {
    shows: 'a parent that waits for its child',
    kind: 'waiting-external',
    text: `Process 12: python build.py
Python v3.11.4 (/usr/bin/python3.11)

Thread 12 (idle): "MainThread"
    _try_wait (subprocess.py:1960)
    wait (subprocess.py:1264)
    run (build.py:4)
`,
  },
  {
    shows: 'an idle worker of a pool of processes, forked',
    kind: 'idle',
    text: `Process 13: python pool.py
Python v3.8.10 (/usr/bin/python3.8)

Thread 13 (idle): "MainThread"
    get (multiprocessing/queues.py:355)
    worker (multiprocessing/pool.py:114)
    run (multiprocessing/process.py:108)
    _bootstrap (multiprocessing/process.py:315)
    _launch (multiprocessing/popen_fork.py:75)
    __init__ (multiprocessing/popen_fork.py:19)
`,
  },
  {
    shows: 'one of many threads in a lock that is only held for moments',
    kind: 'busy',
    text: `Thread 12 (Thread 0x7f57 (LWP 672)):
#0  0x0000003dee4f82ce in __lll_lock_wait_private () from /lib64/libc.so.6
#1  0x0000003dee49df8d in _L_lock_2163 () from /lib64/libc.so.6
#2  0x0000003dee49dd47 in __tz_convert () from /lib64/libc.so.6
#3  0x00000000007c02e7 in format_time ()
`,
  },
  {
    shows: 'two mutexes that a third thread can hold both, which is in the middle of a write',
    kind: 'unknown',
    text: `Thread 3 (Thread 0x7f03 (LWP 503)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007f10a1 in __GI___pthread_mutex_lock (mutex=0x603010 <sessions>) at pthread_mutex_lock.c:80
#2  0x0000000000601000 in close_session (s=0x1) at session.c:80

Thread 2 (Thread 0x7f02 (LWP 502)):
#0  __lll_lock_wait () at lowlevellock.S:135
#1  0x00007f10a1 in __GI___pthread_mutex_lock (mutex=0x603050 <table>) at pthread_mutex_lock.c:80
#2  0x0000000000602000 in find_row (t=0x2) at table.c:30

Thread 1 (Thread 0x7f01 (LWP 501)):
#0  0x00007f10b2 in send () from /lib64/libpthread.so.0
#1  0x0000000000603000 in write_all (fd=4) at net.c:44
#2  0x0000000000604000 in publish (t=0x2) at publish.c:88
`,
  },
  {
    shows: 'a join of one of several threads that all wait for the outside',
    kind: 'waiting-external',
    text: `Timeout (0:20:00)!
Thread 0x00007f10e4 (most recent call first):
  File "/usr/lib/python3.12/subprocess.py", line 1597 in _readerthread
  File "/usr/lib/python3.12/threading.py", line 1010 in run

Thread 0x00007f10f4 (most recent call first):
  File "/usr/lib/python3.12/subprocess.py", line 1597 in _readerthread
  File "/usr/lib/python3.12/threading.py", line 1010 in run

Thread 0x00007f1000 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 1115 in join
  File "/usr/lib/python3.12/subprocess.py", line 1626 in _communicate
  File "build.py", line 9 in <module>
`,
  },
  {
    shows: 'the core of a process that a signal killed',
    kind: 'crashed',
    text: `Core was generated by \`python train.py'.
Program terminated with signal SIGSEGV, Segmentation fault.
#0  0x00007f2b5d in embed () from libmodel.so
(gdb) thread apply all bt

Thread 1 (Thread 0x7f2b8b (LWP 313)):
#0  0x00007f2b5d in embed () from libmodel.so
#1  0x00007f2b5e in forward () from libmodel.so
`,
  },
  {
    shows: 'a fatal error of Python',
    kind: 'crashed',
    text: `Fatal Python error: Segmentation fault

Current thread 0x00007f6b3f (most recent call first):
  File "model.py", line 40 in forward
  File "main.py", line 9 in <module>
`,
  },
  {
    shows: 'a program that somebody interrupted in a debugger',
    kind: 'busy',
    text: `Thread 1 "app" received signal SIGINT, Interrupt.
0x0000555555 in spin () at app.c:7
(gdb) bt
#0  0x0000555555 in spin () at app.c:7
#1  0x0000555556 in main () at app.c:14
`,
  },
  {
    shows: 'an idle worker of a pool of processes, in the semaphore of its queue, py-spy --native',
    kind: 'idle',
    text: `Process 77: python pool.py
Python v3.8.10 (/usr/bin/python3.8)

Thread 77 (idle): "MainThread"
    do_futex_wait.constprop.0 (libpthread-2.31.so)
    semlock_acquire (_multiprocessing.cpython-38-x86_64-linux-gnu.so)
    __enter__ (multiprocessing/synchronize.py:95)
    get (multiprocessing/queues.py:355)
    worker (multiprocessing/pool.py:114)
    run (multiprocessing/process.py:108)
    _bootstrap (multiprocessing/process.py:315)
    _launch (multiprocessing/popen_fork.py:75)
`,
  },
  {
    shows: 'an idle queue of Python 2 with a lock below it, by the arguments of its evaluations',
    kind: 'idle',
    text: `#0  sem_wait () at sem_wait.S:86
#1  0x00000000004d in PyThread_acquire_lock (lock=0xf20480, waitflag=128) at thread_pthread.h:349
#2  0x00000000004e in lock_PyThread_acquire_lock (self=0x7f21, args=()) at threadmodule.c:46
#3  PyEval_EvalFrameEx (f=Frame 0xf3c370, for file /usr/lib/python2.6/threading.py, line 339, in wait (self=<_Condition>), throwflag=0) at ceval.c:2412
#4  0x000000000051 in PyEval_EvalFrameEx (f=Frame 0xf3c380, for file /usr/lib/python2.6/Queue.py, line 168, in get (self=<Queue>), throwflag=0) at ceval.c:2412
`,
  },
];
