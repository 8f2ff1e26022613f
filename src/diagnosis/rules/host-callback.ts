/** Threads on which a GPU driver runs a host function of the application. */
import { fn, gil, type Meaning, python, type Rule, retakes } from './rule.js';

const runsHostCallback: Meaning = { kind: 'host-callback' };
const driver = { module: /^lib(cuda|amdhip64)(\.so|-|\.\d|$)/ };
/** Entry points of the API: below one of them a callback belongs to the caller's own thread, not to the executor. */
const entered = fn(/^(cu(da)?[A-Z]|hip[A-Z])\w+/);

/** What the driver itself calls on its threads: the C library, its own family, tools that listen to it. */
const driversOwn =
  /^(lib(cuda|cudart|cudadebugger|nvidia|nvcuvid|cupti|nvperf|ToolsInjection|c|m|dl|rt|pthread|gcc_s|stdc\+\+)\b|ld-|\[|linux-vdso)/;
const usersCode = { module: new RegExp(`^(?!${driversOwn.source}).`), runtime: 'native' } as const;

const trampoline = /HostFnFunc|host_function_trampoline|_streamCallbackFunc|StreamCallbackFunc/i;

export const hostCallbackRules: readonly Rule[] = [
  {
    id: 'host-function-wants-the-gil',
    at: 'caller',
    frame: fn(trampoline),
    wait: /^pthread_cond_(timed|clock)wait/,
    means: retakes(gil),
    software: 'CuPy: the trampoline is Cython "with gil" and waits for nothing else',
    versions: 'CuPy 8 to 14 on CPython 3.2 to 3.13',
    learntFrom: 'LMCache PR 2823 (py-spy)',
    confidence: 0.93,
  },
  {
    id: 'cupy-host-function',
    at: 'any',
    frame: fn(trampoline),
    under: [driver],
    means: runsHostCallback,
    software: 'CuPy: Stream.launch_host_func and add_callback',
    versions: 'CuPy 8 to 14, CUDA 11 to 13',
    learntFrom: 'LMCache PR 2823 (py-spy)',
    confidence: 0.95,
  },
  {
    id: 'closure-called-by-the-driver',
    at: 'any',
    frame: fn(/^(ffi_closure_\w+|closure_fcn|_CallPythonObject|closure_helper)/),
    under: [driver],
    notUnder: [entered],
    means: runsHostCallback,
    software: 'ctypes and cffi callbacks on the executor thread (Numba, cuda-python)',
    versions: 'CUDA 9 to 13',
    learntFrom: 'numba-cuda 317 (gdb)',
    confidence: 0.9,
  },
  {
    id: 'gil-wanted-by-the-driver',
    at: 'any',
    frame: fn(/^(PyGILState_Ensure|take_gil|.*gil_scoped_acquire)/),
    under: [driver],
    notUnder: [entered],
    means: runsHostCallback,
    software: 'any host function that enters Python',
    versions: 'CUDA 9 to 13, ROCm 4 to 7',
    learntFrom: 'numba-cuda 317 (gdb), TensorRT-LLM PR 15855',
    confidence: 0.9,
  },
  {
    id: 'python-called-by-the-driver',
    at: 'any',
    frame: python,
    calledBy: driver,
    notUnder: [entered],
    means: runsHostCallback,
    software: 'any host function in Python',
    versions: 'CUDA 9 to 13, ROCm 4 to 7',
    learntFrom: 'numba-cuda 317',
    confidence: 0.85,
  },
  {
    id: 'hip-host-function',
    at: 'any',
    frame: fn(
      /^(ihip(Stream|LaunchHostFunc)Callback\w*|hip::\w*(Callback|HostFunc)\w*|amd::Event::processCallbacks|roc::HsaAmdSignalHandler|\w*hipLaunchHostFunc\w*[Cc]allback\w*)/,
    ),
    means: runsHostCallback,
    software: 'HIP: callbacks run on the thread that handles signals of HSA',
    versions: 'ROCm 4 to 7',
    learntFrom: 'clr sources, hip_stream.cpp; LMCache 3362',
    confidence: 0.85,
  },
  {
    id: 'user-code-on-a-thread-of-the-driver',
    at: 'any',
    frame: usersCode,
    // The runtime puts a function of its own around what cudaStreamAddCallback is given.
    calledBy: { module: /^libcuda(rt)?(\.so|-|\.\d|$)/ },
    startedBy: { module: /^libcuda(\.so|-|\.\d|$)/ },
    notUnder: [entered],
    means: runsHostCallback,
    software: 'CUDA driver: host functions run on one thread that the driver started, below its frames',
    versions: 'drivers 450 to 580',
    learntFrom: 'measured on an H200',
    confidence: 0.88,
  },
  {
    id: 'named-callback-called-by-the-driver',
    at: 'any',
    frame: fn(/(host_?(fn|func|callback)|stream_?callback|completion_?callback|record_?event)/i),
    calledBy: driver,
    notUnder: [entered],
    means: runsHostCallback,
    software: 'native host functions, by their usual names',
    versions: 'CUDA 9 to 13, ROCm 4 to 7',
    learntFrom: 'LMCache PR 2952',
    confidence: 0.75,
  },
];
