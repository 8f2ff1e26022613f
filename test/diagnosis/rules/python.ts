import { pool, type Stacks } from './stack.js';

const takesGil = ['__futex_abstimed_wait_common', 'pthread_cond_timedwait', 'take_gil'];
const pySpy = { format: 'py-spy' };

export const cpythonGil: Stacks = {
  'take-gil': {
    fits: { frames: [...takesGil, 'PyEval_RestoreThread'] },
    not: [{ frames: ['take_gil', 'PyEval_RestoreThread'] }],
  },
  'take-gil-stripped': ['futex_wait', 'pthread_cond_timedwait', 'PyGILState_Ensure', 'on_event@host'],
  'gil-is-a-plain-lock': {
    fits: { frames: ['do_futex_wait.constprop', 'PyThread_acquire_lock', 'PyEval_RestoreThread'] },
    not: [
      {
        frames: [
          'do_futex_wait',
          'PyThread_acquire_lock',
          'lock_PyThread_acquire_lock',
          'PyEval_EvalFrameEx',
        ],
      },
    ],
  },
  'timed-wait-in-the-runtime-state': {
    fits: {
      frames: ['futex_abstimed_wait_cancelable args: abstime=0x7f9b, futex_word=0x8fe54c <_PyRuntime+1228>'],
    },
    not: [
      { frames: ['futex_wait_cancelable args: abstime=0x0, futex_word=0x8fe57c <_PyRuntime+1276>'] },
      { frames: ['futex_abstimed_wait_cancelable args: abstime=0x7f9b, futex_word=0x55d5f0'] },
    ],
  },
  'attach-thread-state': ['futex_wait', '_PyParkingLot_Park', 'tstate_wait_attach', '_PyThreadState_Attach'],
  'timed-wait-of-python': {
    fits: { frames: ['@libc.so.6', 'pthread_cond_timedwait@libc.so.6', 'py poll loop.py'], ...pySpy },
    not: [
      { frames: ['@libc.so.6', 'sem_clockwait@libc.so.6', 'py wait threading.py'], ...pySpy },
      { frames: ['pthread_cond_timedwait@libc.so.6', 'py poll loop.py'], format: 'pystack' },
    ],
  },
  'timed-wait-of-standard-extension': {
    frames: ['pthread_cond_timedwait@libc.so.6', '@_queue.cpython-312-x86_64-linux-gnu.so', ...pool],
    ...pySpy,
  },
  'timed-wait-of-extension': {
    fits: {
      frames: ['pthread_cond_timedwait@libc.so.6', 'store@engine.cpython-312-x86_64-linux-gnu.so', ...pool],
      ...pySpy,
    },
    not: [
      {
        frames: ['pthread_cond_timedwait@libc.so.6', 'gpr_cv_wait@cygrpc.cpython-312-x86_64-linux-gnu.so'],
        ...pySpy,
      },
    ],
  },
  'hands-the-gil-over': ['futex_wait', 'pthread_cond_wait', 'drop_gil', '_PyEval_EvalFrameDefault'],
  'python-below': ['pthread_mutex_lock', 'native_call@lib.so', 'py store server.py'],
  'interpreter-below': [
    'pthread_mutex_lock',
    'H5open@libhdf5.so',
    '__pyx_pw_6tables_g_new',
    'cfunction_call',
  ],
  'python-lock-gives-the-gil-up': [
    'sem_wait',
    'PyThread_acquire_lock_timed',
    'acquire_timed',
    'lock_acquire',
  ],
  'python-lock-under-py-spy': {
    frames: [
      '@libc.so.6',
      'PyThread_acquire_lock_timed@python3.12',
      '@_queue.cpython-312-x86_64-linux-gnu.so',
    ],
    ...pySpy,
  },
  'parking-lot-gives-the-gil-up': ['sem_wait', '_PySemaphore_Wait', '_PyMutex_LockTimed', 'lock_acquire'],
  'standard-call-gives-the-gil-up': ['clock_nanosleep', 'pysleep', 'time_sleep', '_PyEval_EvalFrameDefault'],
  'ctypes-gives-the-gil-up': ['pthread_mutex_lock', 'work@lib.so', 'ffi_call_unix64', '_ctypes_callproc'],
  'cffi-gives-the-gil-up': ['read', 'lib_read@lib.so', '_cffi_f_lib_read@_lib.abi3.so'],
  'stops-the-world': ['futex_wait', '_PyEvent_WaitTimed', 'stop_the_world', '_PyEval_StopTheWorld'],
};

export const cpythonLocks: Stacks = {
  'wants-head-lock': {
    fits: {
      frames: ['sem_wait', 'PyThread_acquire_lock_timed', 'PyThread_acquire_lock', 'tstate_delete_common'],
    },
    not: [{ frames: ['sem_wait', 'PyThread_acquire_lock_timed', 'acquire_timed'] }],
  },
  'wants-a-mutex-of-the-interpreter': {
    fits: {
      frames: [
        ...['futex_wait', '_PySemaphore_Wait', '_PyParkingLot_Park', '_PyMutex_LockTimed'],
        ...['PyMutex_Lock', 'list_extend_lock_held', 'list_extend'],
      ],
    },
    not: [
      { frames: ['futex_wait', '_PyParkingLot_Park', '_PyMutex_LockTimed', 'lock_PyThread_acquire_lock'] },
      { frames: ['futex_wait', '_PyParkingLot_Park', '_PyMutex_LockTimed', 'PyThreadState_New'] },
    ],
  },
  'ends-with-the-gil': [
    'sem_wait',
    'PyThread_acquire_lock',
    'tstate_delete_common',
    '_PyThreadState_DeleteCurrent',
  ],
  'walks-thread-states': [
    ...takesGil,
    'eval_frame_handle_pending',
    'gc_collect_main',
    '_PyThread_CurrentFrames',
  ],
  'drop-request-under-head-lock': [...takesGil, 'eval_frame_handle_pending', '_PyEval_EvalFrameDefault'],
  'wants-a-file-buffer': ['sem_wait', 'PyThread_acquire_lock', '_enter_buffered_busy', 'buffered_flush'],
  'is-in-a-file-buffer': {
    fits: { frames: ['write', '_Py_write', '_bufferedwriter_raw_write', '_bufferedwriter_flush_unlocked'] },
    not: [{ frames: ['sem_wait', '_enter_buffered_busy', 'buffered_flush'] }],
  },
  'wants-an-import-lock': ['py acquire importlib/_bootstrap', 'py __enter__ importlib/_bootstrap'],
  'imports-a-module': ['py connect db.py', 'py exec_module importlib/_bootstrap_external'],
  'wants-the-import-lock': ['sem_wait', 'PyThread_acquire_lock', '_PyImport_AcquireLock'],
  'wants-a-named-python-lock': {
    fits: {
      frames: ['<built-in method acquire of _thread.RLock object at remote 0x7f9a>', 'py update bank.py'],
    },
    not: [
      {
        frames: ['<built-in method acquire of _thread.lock object at remote 0x7f9a>', 'py wait threading.py'],
      },
    ],
  },
  'wants-a-python-lock': {
    fits: {
      frames: ['sem_wait', 'PyThread_acquire_lock', 'lock_PyThread_acquire_lock', 'py update bank.py'],
    },
    not: [
      { frames: ['sem_wait', 'PyThread_acquire_lock', 'lock_PyThread_acquire_lock', 'py wait threading.py'] },
      { frames: ['read', 'os_read', 'py update bank.py'] },
    ],
  },
  'wants-a-recursive-python-lock': {
    fits: { frames: ['py acquire threading.py', 'py update bank.py'] },
    not: [{ frames: ['py acquire sched.py', 'py run app.py'] }],
  },
  'wants-a-logging-lock': ['py acquire logging/__init__.py', 'py handle logging/__init__.py'],
  'emits-a-log-record': ['write', 'py write codecs.py', 'py emit logging/__init__.py'],
};

export const bindings: Stacks = {
  'scoped-acquire': [
    'pthread_cond_timedwait',
    'pybind11::gil_scoped_acquire::gil_scoped_acquire@libtorch_python.so',
  ],
  'scoped-release': [
    'cudaFree',
    'run@ops.so',
    'call<void, pybind11::gil_scoped_release, void (*&)()>@ops.so',
  ],
  'pyo3-acquire': ['pthread_cond_timedwait', 'pyo3::gil::GILGuard::acquire', 'tokenizers::encode'],
  'pyo3-release': ['futex_wait', 'encode_batch', 'pyo3::marker::Python::allow_threads'],
  'swig-acquire': ['pthread_cond_timedwait', '__Pyx_PyGILState_Ensure@conv.so', 'conv_vlen@conv.so'],
  'swig-release': ['read', 'SWIG_Python_Thread_Allow::SWIG_Python_Thread_Allow', '_wrap_read'],
  'numpy-loop-without-the-gil': {
    fits: {
      frames: [
        ...['__lll_lock_wait', 'pthread_mutex_lock', 'blas_thread_init@libopenblas64_p.so'],
        ...['dgesv_@libopenblas64_p.so', 'DOUBLE_inv@_umath_linalg.so', '_PyEval_EvalFrameDefault'],
      ],
    },
    not: [{ frames: ['OBJECT_add@_multiarray_umath.so', '_PyEval_EvalFrameDefault'] }],
  },
  'cupy-runtime-without-the-gil': {
    fits: {
      frames: [
        ...['@libcuda.so.1', 'cudaFree@libcudart.so.12'],
        '__pyx_f_13cupy_backends_4cuda_3api_7runtime_free@runtime.so',
        'py free pool.py',
      ],
    },
    not: [
      {
        frames: [
          'cudaSetDevice@libcudart.so.12',
          '__pyx_f_13cupy_backends_4cuda_3api_7runtime_setDevice@r.so',
        ],
      },
    ],
  },
  'hand-made-guard': [
    'pthread_cond_timedwait',
    'Studio::PythonGILLocker::PythonGILLocker()',
    'Studio::onKnob()',
  ],
  'hand-made-release': ['pthread_join', 'ScopedGILRelease', 'boost_wrap'],
};

export const pythonIdle: Stacks = {
  'executor-worker': ['py wait threading.py', 'py get queue.py', 'py consume app.py', 'py run threading.py'],
  'executor-worker-without-caller': [
    'sem_wait',
    'py _worker concurrent/futures/thread.py',
    'py run threading.py',
  ],
  'queue-feeder': ['py wait threading.py', 'py _feed multiprocessing/queues.py', 'py run threading.py'],
  'pool-helper': ['py _recv multiprocessing/connection.py', 'py _handle_results multiprocessing/pool.py'],
  'pool-process-waits-for-work': [
    'py get multiprocessing/queues.py',
    'py _worker_loop torch/utils/data/_utils/worker.py',
  ],
  'process-executor-manager': [
    'py wait multiprocessing/connection.py',
    'py wait_result_broken_or_wakeup concurrent/futures/process.py',
  ],
  'asyncio-loop': ['epoll_wait', 'py select selectors.py', 'py _run_once asyncio/base_events.py'],
  uvloop: ['epoll_wait', 'py run_until_complete uvloop/loop.pyx'],
  'inductor-pool-reader': [
    'py _recv_msg torch/_inductor/compile_worker/subproc_pool.py',
    'py _read_thread torch/_inductor/compile_worker/subproc_pool.py',
  ],
  'hub-of-native-code': {
    fits: { frames: ['py run gevent/hub.py', 'py main app.py'] },
    not: [{ frames: ['py handle app.py', 'py run gevent/hub.py'] }],
  },
  'server-loop': ['py select selectors.py', 'py serve_forever socketserver.py'],
  'twisted-worker': [
    'py wait threading.py',
    'py get queue.py',
    'py work twisted/_threads/_threadworker.py',
  ].slice(1),
  'zmq-poll': ['py poll zmq/sugar/poll.py', 'py _main_loop mq.py'],
  'shm-broadcast-reader': ['py poll zmq/sugar/poll.py', 'py acquire_read vllm/shm_broadcast.py'],
  'monitor-thread': ['py wait threading.py', 'py _run prometheus.py', 'py run threading.py'],
  'rests-on-a-condition': ['py wait threading.py', 'py result concurrent/futures/_base.py'],
  'rests-on-a-queue': ['py get queue.py', 'py <module> main.py'],
  'interactive-prompt': ['read', 'py readline cmd.py', 'py interact code.py'],
};

export const pythonOutside: Stacks = {
  'reads-a-socket': ['py readinto socket.py', 'py _read_status http/client.py'],
  'reads-a-pipe': ['py _recv multiprocessing/connection.py', 'py get multiprocessing/queues.py'],
  'selects-on-a-pipe': ['poll', 'py select selectors.py', 'py wait multiprocessing/connection.py'],
  selects: ['epoll_wait', 'py select selectors.py', 'py loop mine.py'],
  'waits-for-a-child': ['py _try_wait subprocess.py', 'py wait subprocess.py'],
  'joins-a-process': ['py poll multiprocessing/popen_fork.py', 'py join multiprocessing/process.py'],
  'os-wait': ['wait4', 'os_waitpid_impl', 'os_waitpid'],
  'wants-a-lock-between-processes': {
    fits: { frames: ['py __enter__ multiprocessing/synchronize.py', 'py log worker.py'] },
    not: [{ frames: ['py acquire threading.py', 'py log worker.py'] }],
  },
  'writes-a-shared-memory-ring': [
    'py sched_yield vllm/distributed/utils.py',
    'py acquire_write vllm/distributed/device_communicators/shm_broadcast.py',
  ],
  'blocks-in-the-kernel': {
    fits: { frames: ['select_poll_poll', '_PyEval_EvalFrameDefault'] },
    not: [{ frames: ['take_gil', 'PyEval_RestoreThread', 'select_poll_poll'] }],
  },
  'joins-a-thread': ['py _wait_for_tstate_lock threading.py', 'py join threading.py'],
  'shuts-threads-down': ['py _shutdown threading.py'],
  sleeps: ['py sleep util/time.py', 'py retry app.py'],
  'grpc-call': ['py wait threading.py', 'py _wait_once grpc/_common.py'].slice(1),
  'ray-get': ['py get_objects ray/_private/worker.py', 'py get ray/_private/worker.py'],
};

export const pythonSuspects: Stacks = {
  'data-loader-waits-for-its-worker': [
    'py wait threading.py',
    'py _try_get_data torch/utils/data/dataloader.py',
  ],
  'flushes-standard-streams-after-fork': {
    fits: {
      frames: [
        'py _flush_std_streams multiprocessing/util.py',
        'py _bootstrap multiprocessing/process.py',
        'py _launch multiprocessing/popen_fork.py',
      ],
    },
    not: [
      { frames: ['py _flush_std_streams multiprocessing/util.py', 'py start multiprocessing/process.py'] },
    ],
  },
  'drains-a-pool-queue': [
    'py _help_stuff_finish multiprocessing/pool.py',
    'py _terminate_pool multiprocessing/pool.py',
  ],
  'terminates-a-pool': ['py join threading.py', 'py _terminate_pool multiprocessing/pool.py'],
  'blocks-the-event-loop': {
    fits: {
      frames: [
        'py wait threading.py',
        'py result concurrent/futures/_base.py',
        'py on_message app.py',
        'py _run asyncio/events.py',
        'py _run_once asyncio/base_events.py',
      ],
    },
    not: [{ frames: ['py select selectors.py', 'py _run_once asyncio/base_events.py'] }],
  },
  'pool-worker-waits-for-a-future': {
    fits: {
      frames: [
        'py wait threading.py',
        'py result concurrent/futures/_base.py',
        'py merge app.py',
        'py run concurrent/futures/thread.py',
      ],
    },
    not: [{ frames: ['py wait threading.py', 'py merge app.py', 'py run concurrent/futures/thread.py'] }],
  },
  'joins-a-queue-feeder': ['py join threading.py', 'py _finalize_join multiprocessing/queues.py'],
  'feeds-a-full-pipe': [
    'write',
    'py _send multiprocessing/connection.py',
    'py _feed multiprocessing/queues.py',
  ],
};
