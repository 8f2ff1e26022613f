/** Locks of the interpreter other than the GIL. */
import { fn, gil, holds, mayHold, py, type Rule, waitsFor } from './rule.js';

const headLock = 'interpreter-lock:HEAD_LOCK';
/** Not the standard library, whose waits have rules of their own. */
const ownCode =
  /^(?!.*(^|\/)((threading|queue|Queue|_weakrefset|subprocess|socketserver|_strptime|_bootstrap|zipimport)\.py|(multiprocessing|concurrent|asyncio|logging|importlib)\/.*)$)(?!<).*\.py[x]?$/;
const takesAPythonLock = fn(
  /^(lock_PyThread_acquire_lock|rlock_acquire|lock_acquire|(_)?thread_(PyThread_)?(lock|rlock|RLock)_acquire\w*|_thread_(lock|RLock)_(acquire|__enter__)\w*)/,
);
const takesHeadLock =
  /^(tstate_delete_common|tstate_unlink\w*|new_threadstate|add_threadstate|alloc_threadstate|PyThreadState_(New|Clear|Delete|DeleteCurrent|Next)|_PyThreadState_(New|Delete\w*|DeleteExcept|RemoveExcept)|PyInterpreterState_\w+|_PyThread_Current(Frames|Exceptions)|sys__current_frames|interpreter_clear|_PyEval_Reinit\w*)/;
const takesALock = fn(/^(PyThread_acquire_lock(_timed)?|_?PyMutex_Lock\w*)/);

export const cpythonLockRules: readonly Rule[] = [
  {
    id: 'wants-head-lock',
    at: 'any',
    frame: fn(takesHeadLock),
    calls: takesALock,
    means: waitsFor(headLock),
    software: 'CPython: the lock of the list of thread states',
    versions: '2.7 to 3.14',
    learntFrom: 'cpython 106883 (gdb)',
    confidence: 0.92,
  },
  {
    id: 'wants-a-mutex-of-the-interpreter',
    at: 'any',
    frame: fn(/^_?PyMutex_Lock\w*|^_PyRecursiveMutex_Lock|^_PyCriticalSection2?_BeginSlow/),
    without: [
      fn(takesHeadLock),
      takesAPythonLock,
      fn(/^(simplequeue_get|_queue_SimpleQueue_get|acquire_timed)/),
    ],
    means: waitsFor('interpreter-lock:PyMutex {lock}'),
    software: 'CPython: locks of objects and of the runtime; those of threading.Lock have rules of their own',
    versions: '3.13 and 3.14',
    learntFrom: 'cpython sources, lock.c and critical_section.c',
    confidence: 0.82,
  },
  {
    id: 'ends-with-the-gil',
    at: 'any',
    frame: fn(
      /^(_PyThreadState_DeleteCurrent|PyThreadState_DeleteCurrent|_?PyThreadState_Clear|PyThreadState_Clear)/,
    ),
    means: holds(gil),
    software: 'CPython: a thread that ends takes its state apart before it lets the GIL go',
    versions: '3.0 to 3.12',
    learntFrom: 'cpython 106883 (gdb)',
    confidence: 0.85,
  },
  {
    id: 'walks-thread-states',
    at: 'any',
    frame: fn(
      /^(_PyThread_Current(Frames|Exceptions)|sys__current_(frames|exceptions)|PyInterpreterState_ThreadHead|_PyInterpreterState_Clear|interpreter_clear)/,
    ),
    means: mayHold(headLock),
    software: 'CPython: allocates while it holds the lock, and so may run the collector',
    versions: '3.0 to 3.13',
    learntFrom: 'cpython 106883',
    confidence: 0.85,
  },
  {
    id: 'drop-request-under-head-lock',
    at: 'any',
    frame: fn(/^(eval_frame_handle_pending|_Py_HandlePending)/),
    means: mayHold(headLock),
    software: 'CPython: code that the collector runs under the lock can be asked to give the GIL up',
    versions: '3.7 to 3.13',
    learntFrom: 'cpython 106883 (gdb)',
    confidence: 0.6,
  },
  {
    id: 'wants-a-file-buffer',
    at: 'any',
    frame: fn(/^(_enter_buffered_busy|_io__?Buffered\w*_enter|buffered_enter)/),
    means: waitsFor('io-lock:a buffered file'),
    software: 'CPython: the lock of a BufferedReader or BufferedWriter; stdout has one',
    versions: '2.7 to 3.14',
    learntFrom: 'cpython 91776 (gdb)',
    confidence: 0.95,
  },
  {
    id: 'is-in-a-file-buffer',
    at: 'any',
    frame: fn(
      /^(_bufferedwriter_\w+|_bufferedreader_\w+|buffered_(flush|read|write)\w*|_io__?Buffered\w+_(write|read|flush|read1|readinto)\w*|bufferediobase_\w+)/,
    ),
    without: [fn(/^_enter_buffered_busy/)],
    means: mayHold('io-lock:a buffered file'),
    software: 'CPython',
    versions: '2.7 to 3.14',
    learntFrom: 'cpython sources, bufferedio.c',
    confidence: 0.8,
  },
  {
    id: 'wants-an-import-lock',
    at: 'python',
    frame: py(/^(acquire|__enter__|_lock_unlock_module|_acquire_restore)$/, /importlib[./]_bootstrap/),
    means: waitsFor('import-lock:a module'),
    software: 'CPython: one lock per module that is being imported',
    versions: '3.3 to 3.14',
    learntFrom: 'cpython sources, importlib/_bootstrap.py (_ModuleLock)',
    confidence: 0.85,
  },
  {
    id: 'imports-a-module',
    at: 'any',
    frame: py(
      /^(_load_unlocked|exec_module|_find_and_load_unlocked|create_module|_call_with_frames_removed)$/,
      /importlib[./]_bootstrap/,
    ),
    means: mayHold('import-lock:a module'),
    software: 'CPython',
    versions: '3.3 to 3.14',
    learntFrom: 'cpython sources, importlib/_bootstrap.py',
    confidence: 0.8,
  },
  {
    id: 'wants-the-import-lock',
    at: 'any',
    frame: fn(/^(_PyImport_AcquireLock|PyImport_ImportModuleLevel|imp_acquire_lock)$/),
    calls: takesALock,
    means: waitsFor('import-lock:the interpreter'),
    software: 'CPython: one import lock for everything',
    versions: '2.3 to 3.2; later only around fork',
    learntFrom: 'cpython sources, import.c',
    confidence: 0.85,
  },
  {
    id: 'wants-a-named-python-lock',
    at: 'any',
    frame: {
      function: /^<built-in method (acquire|__enter__) of _thread\.(lock|RLock) object at /,
      runtime: 'python',
    },
    calledBy: { file: ownCode },
    means: waitsFor('python-lock:{lock}'),
    software:
      "python-gdb: it prints the lock that the code calls; within threading.py it is a condition's own lock",
    versions: 'CPython 3.2 to 3.14',
    learntFrom: 'brozzler 91 (gdb)',
    confidence: 0.85,
  },
  {
    id: 'wants-a-python-lock',
    at: 'python',
    frame: { runtime: 'python', file: ownCode },
    above: [takesAPythonLock],
    means: waitsFor('python-lock:taken in {function}'),
    software:
      'CPython: threading.Lock or RLock, taken by the code itself and not within a queue or a condition',
    versions: '2.7 to 3.14',
    learntFrom: 'zygote 16 (gdb); an AB-BA of two locks written for this rule (py-spy --native)',
    confidence: 0.78,
  },
  {
    id: 'wants-a-recursive-python-lock',
    at: 'python',
    frame: py(/^(acquire|__enter__)$/, /(^|\/)threading\.py$/),
    means: waitsFor('python-lock:{lock}'),
    software: "CPython: RLock is written in Python up to 3.1; later only a condition's lock is taken there",
    versions: '2.6 to 3.14',
    learntFrom: 'zygote 16 (gdb)',
    confidence: 0.75,
  },
  {
    id: 'wants-a-logging-lock',
    at: 'python',
    frame: py(/^(acquire|_acquireLock|handle)$/, /logging\/__init__\.py$/),
    means: waitsFor('python-lock:a logging handler'),
    software: 'CPython logging',
    versions: '2.7 to 3.12',
    learntFrom: 'cpython sources, logging/__init__.py',
    confidence: 0.8,
  },
  {
    id: 'emits-a-log-record',
    at: 'any',
    frame: py(/^(emit|flush|doRollover|rotate)$/, /logging\/(__init__|handlers)\.py$/),
    means: mayHold('python-lock:a logging handler'),
    software: 'CPython logging: a handler emits under its lock',
    versions: '2.7 to 3.14',
    learntFrom: 'cpython sources, logging/__init__.py',
    confidence: 0.8,
  },
];
