import type { Stacks } from './stack.js';

const mutex = ['__lll_lock_wait', 'pthread_mutex_lock'];

export const node: Stacks = {
  'thread-safe-function': [
    'pthread_cond_wait',
    'uv_cond_wait',
    'napi_call_threadsafe_function',
    'report@addon.node',
  ],
  'callback-waits-for-the-js-thread': {
    fits: { frames: ['pthread_cond_wait', 'uv_cond_wait', 'CallbackInfo::Invoke', 'ffi_closure_unix64'] },
    not: [{ frames: ['pthread_cond_wait', 'uv_cond_wait', 'CallbackInfo::Invoke', 'node::SpinEventLoop'] }],
  },
  'js-on-the-stack': [
    ...mutex,
    'lock_table@addon.node',
    'v8::internal::Builtin_HandleApiCall',
    'node::SpinEventLoop',
  ],
  'js-frame': ['pthread_join', 'stop@addon.node', 'js stop'],
  'atomics-wait': ['pthread_cond_wait', 'v8::internal::FutexEmulation::WaitSync', 'Builtins_AtomicsWait'],
  'joins-a-node-worker': ['pthread_join', 'uv_thread_join', 'node::worker::Worker::JoinThread'],
  'libuv-worker': ['pthread_cond_wait', 'uv_cond_wait', 'worker', 'start_thread'],
  'stripped-node-worker': [
    'pthread_cond_wait',
    'uv_cond_wait@libnode.so.72',
    '@libnode.so.72',
    'start_thread',
  ],
  'v8-worker': ['sem_wait', 'v8::base::Semaphore::Wait()', 'v8::platform::TaskQueue::GetNext()'],
  'node-signal-thread': ['sem_wait', 'uv_sem_wait', 'node::DebugSignalThreadMain(void*)'],
  'libuv-loop': ['epoll_pwait', 'uv__io_poll', 'uv_run'],
};

export const glibc: Stacks = {
  'wants-the-heap': ['__lll_lock_wait_private', 'malloc', 'operator new(unsigned long)'],
  'is-in-the-heap': ['raise', 'abort', '_int_malloc', '__GI___libc_malloc'],
  'wants-tcmalloc': {
    fits: {
      frames: [
        'base::internal::SpinLockDelay',
        'SpinLock::SlowLock',
        'tcmalloc::CentralFreeList::RemoveRange',
      ],
    },
    not: [{ frames: ['base::internal::SpinLockDelay', 'SpinLock::SlowLock', 'Cache::get'] }],
  },
  'is-in-tcmalloc': ['tcmalloc::CentralFreeList::FetchFromOneSpans', 'tc_malloc', 'Cache::get'],
  'wants-stdio': ['__lll_lock_wait_private', '_IO_fflush', 'log_line'],
  'is-in-stdio': ['write', 'new_do_write', '_IO_fflush', 'log_line'],
  'wants-the-time-zone': ['__lll_lock_wait_private', '_L_lock_2163', '__tz_convert', 'format_time'],
  'is-in-the-time-zone': ['read', 'fread_unlocked', '__tzset_parse_tz', 'tzset_internal'].concat(
    '__tz_convert',
  ),
  'wants-syslog': ['__lll_lock_wait', '__vsyslog_internal', 'syslog'],
  'wants-the-exit-handlers': ['__lll_lock_wait', 'exit', 'on_signal'],
  'runs-exit-handlers': [...mutex, 'flush_all_pools', '__run_exit_handlers', 'exit'],
  'spins-on-a-lock': ['pthread_spin_lock', 'ep_flush'],
  'hangs-in-a-broadcast': {
    fits: {
      frames: ['futex_wait_simple', '__condvar_quiesce_and_switch_g1', 'pthread_cond_broadcast', 'finish'],
    },
    not: [{ frames: ['futex_wait', 'pthread_cond_wait', 'worker_loop'] }],
  },
  'hangs-in-a-destroy': ['futex_wait', 'pthread_cond_destroy', 'Pool::~Pool()'],
  'signal-handler': [
    '__lll_lock_wait_private',
    'malloc',
    'on_crash(int)',
    '<signal handler called>',
    '_int_free',
  ],
};

export const loader: Stacks = {
  'wants-the-loader': [...mutex, '__GI__dl_addr', 'backtrace_symbols'],
  'stands-at-the-loader-lock': ['dl_iterate_phdr@libc.so.6', '_Unwind_Find_FDE'],
  'runs-under-the-loader-lock': ['take_gil', 'closure_fcn', 'dl_iterate_phdr', 'ffi_call_unix64'],
};

export const fork: Stacks = {
  'multiprocessing-child': [
    'py _bootstrap multiprocessing/process.py',
    'py _launch multiprocessing/popen_fork.py',
  ],
  'multiprocessing-child-2': [
    'py _bootstrap multiprocessing/process.py',
    'py __init__ multiprocessing/forking.py',
  ],
  'fork-server-child': ['py main multiprocessing/spawn.py', 'py _serve_one multiprocessing/forkserver.py'],
  'python-after-fork': [...mutex, 'PyOS_AfterFork_Child', 'os_fork'],
  'rust-child-before-exec': [
    ...mutex,
    'access@libsandbox.so',
    'std::sys::unix::process::process_common::Command::do_exec',
  ],
  'libc-atfork-child': [...mutex, 'grpc_postfork_child', '__run_fork_handlers'],
  'atfork-handler': ['__lll_lock_wait', 'pthread_cond_signal', 'pool_shutdown@libpool.so', '__libc_fork'],
  'java-child-before-exec': [
    ...mutex,
    'opendir',
    'closeDescriptors',
    'childProcess',
    'startChild',
    'forkAndExec',
  ],
  'openmp-team-in-a-child': [
    'futex_wait',
    'do_wait',
    'gomp_team_barrier_wait_end',
    'gomp_team_end',
    'GOMP_parallel',
  ],
};

export const cxx: Stacks = {
  'waits-for-an-initialiser': ['syscall', '__cxa_guard_acquire', 'npy_api::get()', 'convert'],
  'spinlock-slow-path': ['sys_futex', 'base::internal::SpinLockDelay', 'SpinLock::SlowLock', 'DeleteHook'],
  'absl-mutex': ['syscall', 'absl::lts_20230125::Mutex::LockSlow', 'grpc_core::Server::Start'],
  'jemalloc-mutex': [...mutex, 'je_malloc_mutex_lock_slow', 'je_arena_malloc'],
  'qt-mutex': ['syscall', 'QBasicMutex::lockInternal()', 'Model::reset()'],
  'glib-mutex': ['syscall', 'g_mutex_lock_slowpath', 'gst_pad_push'],
  'innodb-latch': ['pthread_cond_wait', 'os_event::wait()', 'sync_array_wait_event(sync_array_t*)'],
  'named-like-a-lock': {
    fits: { frames: ['pthread_cond_wait', 'db_mutex_lock@libdb.so', 'db_get@libdb.so'] },
    not: [{ frames: ['pthread_cond_wait', 'wait_for_block@libdb.so', 'db_get@libdb.so'] }],
  },
  'hdf5-lock': ['pthread_cond_wait', 'H5TS_mutex_lock@libhdf5.so.200', 'H5open@libhdf5.so.200'],
  'boost-asio-worker': [
    'pthread_cond_wait',
    'boost::asio::detail::posix_event::wait',
    'boost::asio::detail::scheduler::do_run_one',
  ],
};

export const openmp: Stacks = {
  'gomp-worker': ['futex_wait', 'do_wait', 'gomp_barrier_wait_end', 'gomp_thread_start'],
  'gomp-worker-stripped': ['@libgomp-a34b3233.so.1', 'start_thread'],
  'kmp-worker': ['pthread_cond_wait', '__kmp_suspend_64', '__kmp_fork_barrier', '__kmp_launch_thread'],
  'openblas-worker': ['pthread_cond_wait', 'blas_thread_server', 'start_thread'],
  'tbb-worker': ['syscall', 'tbb::detail::r1::rml::private_worker::run()', 'start_thread'],
  'eigen-worker': [
    'pthread_cond_wait',
    'Eigen::EventCount::CommitWait',
    'Eigen::ThreadPoolTempl<Env>::WaitForWork',
  ],
};

export const grpc: Stacks = {
  'grpc-worker': ['pthread_cond_wait', 'gpr_cv_wait', 'timer_main_loop', 'timer_thread'],
  'grpc-completion-queue': ['epoll_wait', 'pollset_work', 'cq_next', 'grpc_completion_queue_next'],
};

export const zmq: Stacks = {
  'zmq-io-thread': ['epoll_wait', 'zmq::epoll_t::loop()', 'zmq::worker_poller_base_t::worker_routine'],
  'zmq-terminates': ['poll', 'zmq::signaler_t::wait', 'zmq::ctx_t::terminate()', 'zmq_ctx_term'],
  'zmq-receives': ['poll', 'zmq::signaler_t::wait', 'zmq::socket_base_t::recv', 'zmq_msg_recv'],
  'zmq-stripped': ['poll@libc.so.6', '@libzmq-915e1e3d.so.5', '@_zmq.abi3.so'],
};

export const nativePools: Stacks = {
  'libevent-loop': ['epoll_wait', 'epoll_dispatch', 'event_base_loop', 'main'],
  'glib-loop': ['poll', 'g_main_context_iterate.isra.0', 'g_main_loop_run'],
  'qt-loop': ['poll', 'QEventDispatcherUNIX::processEvents', 'QEventLoop::exec'],
  'glib-pool': [
    'syscall',
    'g_cond_wait_until',
    'g_async_queue_pop_intern_unlocked',
    'g_thread_pool_wait_for_new_task',
  ].slice(1),
  'arrow-pool': [
    'pthread_cond_wait',
    'std::condition_variable::wait(std::unique_lock<std::mutex>&)',
    'arrow::internal::WorkerLoop',
  ],
  'ucx-progress': ['epoll_wait', 'ucs_event_set_wait', 'ucs_async_thread_func'],
  'dns-lookup': ['poll', 'send_dg', 'getaddrinfo'],
  'native-child': ['__libc_wait', 'main'].concat(),
};

export const rust: Stacks = {
  'rust-std-mutex': ['syscall', 'std::sys::sync::mutex::futex::Mutex::lock_contended', 'app::State::update'],
  'rust-std-rwlock': [
    'syscall',
    'std::sys::unix::locks::futex_rwlock::RwLock::read_contended',
    'std::env::vars',
  ],
  'rust-once': ['syscall', 'std::sys::sync::once::futex::Once::call', 'app::CONFIG::get'],
  'parking-lot-mutex': [
    'syscall',
    'parking_lot_core::parking_lot::park',
    'parking_lot::raw_mutex::RawMutex::lock_slow',
  ],
  'parking-lot-rwlock': ['syscall', 'parking_lot::raw_rwlock::RawRwLock::lock_shared_slow', 'app::read'],
  'tokio-worker': ['syscall', 'std::sys::pal::unix::futex::futex_wait', 'tokio::runtime::park::Inner::park'],
  'rayon-worker': [
    'syscall',
    'rayon_core::sleep::Sleep::sleep',
    'rayon_core::registry::WorkerThread::wait_until_cold',
    'rayon_core::registry::ThreadBuilder::run',
  ],
  'rust-channel': ['syscall', 'std::thread::park', 'std::sync::mpmc::list::Channel<T>::recv'],
};

const go = { format: 'go' };

export const goStacks: Stacks = {
  'go-mutex': { frames: ['sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'main.transfer'], ...go },
  'go-mutex-said': { frames: ['main.transfer'], said: 'sync.Mutex.Lock, 5 minutes', ...go },
  'go-io': { frames: ['internal/poll.runtime_pollWait'], said: 'IO wait, 10 minutes', ...go },
  'go-sleep': { frames: ['time.Sleep'], said: 'sleep', ...go },
  'go-runtime-worker': { frames: ['runtime.gopark'], said: 'GC worker (idle)', ...go },
  'go-channel': { frames: ['main.worker'], said: 'chan receive, 2 minutes', ...go },
  'go-running': { frames: ['main.crunch'], said: 'running', ...go },
};

const jstack = { format: 'jstack' };

export const java: Stacks = {
  'java-blocked': { frames: ['demo.Bank.audit'], said: 'BLOCKED (on object monitor)', ...jstack },
  'java-pool-worker': ['jdk.internal.misc.Unsafe.park', 'java.util.concurrent.ThreadPoolExecutor.getTask'],
  'java-lock': [
    'jdk.internal.misc.Unsafe.park',
    'java.util.concurrent.locks.AbstractQueuedSynchronizer.acquire',
  ],
  'java-io': ['sun.nio.ch.Net.poll', 'demo.Client.fetch'],
  'java-vm-thread': ['java.lang.Object.wait', 'java.lang.ref.ReferenceQueue.remove'],
};
