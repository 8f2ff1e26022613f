/**
 * What frames mean, as data. A rule says something only when neither memory nor the process itself tells; what it
 * says counts as inferred. `learntFrom` names the public dump or the measurement behind it.
 */
export interface FramePattern {
  function?: RegExp;
  module?: RegExp;
}

export interface FrameRule {
  id: string;
  /**
   * `caller`: the frame that called the wait. `any`: some frame of the stack. `top`: the innermost frame of a thread
   * that does not stand in a wait at all (it spins).
   */
  at: 'caller' | 'any' | 'top';
  frame: FramePattern;
  /** Frames that must stand further out than `frame`, in any order. */
  under?: readonly FramePattern[];
  /** The wait machinery that must be innermost, by function name. */
  wait?: RegExp;
  means: {
    waits?: string;
    holds?: readonly string[];
    /** Holds it if nobody else is known to. */
    mayHold?: string;
    /** A worker that waits for work: never a finding. */
    idle?: true;
  };
  runtime: string;
  learntFrom: string;
}

const gil = 'runtime-lock:GIL';
const jsThread = 'runtime-lock:JS thread';
const libcuda: FramePattern = { module: /^lib(cuda|amdhip64)\b/ };
const python: FramePattern = { function: /^_?PyEval_Eval(Frame|Code)|^_PyEval_EvalFrameDefault/ };

export const frameRules: readonly FrameRule[] = [
  {
    id: 'take-gil',
    at: 'caller',
    frame: { function: /^take_gil/ },
    means: { waits: gil },
    runtime: 'CPython 3.2 to 3.13 with symbols',
    learntFrom: 'LMCache PR 2823 (py-spy), cpython 106883 (gdb)',
  },
  {
    id: 'take-gil-stripped',
    at: 'caller',
    frame: {
      function: /^(PyEval_RestoreThread|PyEval_AcquireThread|PyGILState_Ensure|_PyThreadState_Attach)$/,
    },
    means: { waits: gil },
    runtime: 'CPython, stripped of take_gil',
    learntFrom: 'natron 407 (gdb)',
  },
  {
    id: 'take-gil-binding',
    at: 'caller',
    frame: { function: /gil_scoped_acquire|~gil_scoped_release/ },
    means: { waits: gil },
    runtime: 'pybind11 and nanobind on a stripped CPython',
    learntFrom: 'LMCache PR 2823 (py-spy)',
  },
  {
    id: 'launch-lock',
    at: 'caller',
    frame: libcuda,
    wait: /pthread_rwlock_/,
    means: { waits: 'driver-lock:W' },
    runtime: 'CUDA 13.0, driver 580',
    learntFrom: 'measured on an H200: the launch lock is a read-write lock of libc',
  },
  {
    id: 'runtime-library-mutex',
    at: 'caller',
    frame: { module: /^libcudart\b/ },
    wait: /pthread_mutex_/,
    means: { waits: 'driver-lock:R' },
    runtime: 'CUDA 12, driver 575',
    learntFrom: 'LMCache PR 2823 (py-spy)',
  },
  {
    id: 'waits-for-idle',
    at: 'top',
    frame: libcuda,
    under: [
      { function: /^(cudaLaunchKernel|cuLaunchKernel|cuLibraryGetModule|cudaFree|cudaFreeHost|cuMemFree)/ },
    ],
    means: { waits: 'device:idle', holds: ['driver-lock:C', 'driver-lock:W'] },
    runtime: 'CUDA 13.0, driver 580',
    learntFrom: 'measured on an H200: the first load of a module and cudaFree spin inside libcuda',
  },
  {
    id: 'host-function',
    at: 'any',
    frame: { function: /runtime__HostFnFunc|HostFnFunc|host_function_trampoline/ },
    under: [libcuda],
    means: { holds: ['device:idle'] },
    runtime: 'CUDA 12 and 13',
    learntFrom: 'LMCache PR 2823 (py-spy)',
  },
  {
    id: 'thread-safe-function',
    at: 'caller',
    frame: { function: /^napi_call_threadsafe_function|ThreadSafeFunction/ },
    means: { waits: jsThread },
    runtime: 'Node 20 to 26',
    learntFrom: 'Node-API documentation: a blocking call waits for room in the queue',
  },
  {
    id: 'keeps-the-gil',
    at: 'any',
    frame: python,
    means: { mayHold: gil },
    runtime: 'CPython 3',
    learntFrom:
      'LMCache PR 2823: the holder is the one blocked thread with Python frames that does not want the GIL',
  },
  {
    id: 'libuv-worker',
    at: 'any',
    frame: { function: /^(uv_sem_wait|worker)$|^node::.*(PlatformWorkerThread|DelayedTaskScheduler)/ },
    means: { idle: true },
    runtime: 'Node 20 to 26',
    learntFrom: 'node-gtk 247 (gdb)',
  },
  {
    id: 'v8-worker',
    at: 'any',
    frame: { function: /v8::platform::.*(TaskQueue|WorkerThread)/ },
    means: { idle: true },
    runtime: 'Node 20 to 26',
    learntFrom: 'node-addon-livesource (gdb)',
  },
  {
    id: 'libuv-loop',
    at: 'caller',
    frame: { function: /^uv__io_poll/ },
    means: { idle: true },
    runtime: 'Node 20 to 26',
    learntFrom: 'node-gtk 247 (gdb)',
  },
  {
    id: 'openmp-worker',
    at: 'any',
    frame: { function: /^gomp_(barrier_wait_end|team_barrier_wait_end|thread_start)/ },
    means: { idle: true },
    runtime: 'libgomp',
    learntFrom: 'OpenBLAS 1456 (gdb)',
  },
  {
    id: 'driver-helper',
    at: 'caller',
    frame: libcuda,
    wait: /poll/,
    means: { idle: true },
    runtime: 'CUDA 12 and 13',
    learntFrom: 'helper threads of libcuda stand in poll in every dump seen',
  },
];
