/**
 * The one input of the diagnosis. Every reader (the native snapshot, a core file, a text dump somebody pasted) makes
 * a ProcessDump; nothing after this point knows where it came from.
 */

/** How a claim is known: `read` from memory of the process, or `inferred` from names and elimination. */
export type Evidence = 'read' | 'inferred';

export interface Frame {
  /** Program counter, hexadecimal with 0x; absent in text dumps that do not print it. */
  pc?: string;
  /** Demangled function name; absent when no symbol covers the address. */
  function?: string;
  /** Base name of the mapped file, e.g. `libcuda.so.580.159.04`. */
  module?: string;
  file?: string;
  /** From 1, like the column. */
  line?: number;
  column?: number;
  /** The arguments as a debugger printed them, e.g. `mutex=0x601300 <write_mutex>`. */
  args?: string;
  /** Everything that no other word fits (Go, Java, Rust, Ruby ...) is `native`. */
  runtime: 'native' | 'python' | 'js';
  /** Of a JavaScript frame: which of V8's compilers made the code that runs; `builtin` for V8's own functions. */
  tier?: 'interpreted' | 'baseline' | 'maglev' | 'turbofan' | 'builtin';
  /** Has no machine frame of its own: it is part of the next frame's code. */
  inlined?: boolean;
  /** The line of the text dump that this frame stands in, from 1. */
  sourceLine?: number;
}

export type PipeEnd = 'read' | 'write';

/** What a blocked thread waits for, as far as its system call and the lock word in memory tell. */
export interface ThreadWait {
  kind:
    | 'mutex'
    | 'rwlock-read'
    | 'rwlock-write'
    | 'condvar'
    | 'join'
    | 'semaphore'
    | 'futex'
    /** CPython's GIL, of the interpreter that the thread runs in. */
    | 'gil'
    /** A `threading.Lock`; the address is the Python object's. */
    | 'python-lock'
    /** A `threading.RLock`. */
    | 'python-rlock'
    /** Room in the queue of a thread-safe function of Node-API; the address is the isolate's of the JS thread. */
    | 'js-thread'
    | 'sleep'
    | 'poll'
    | 'read'
    | 'child'
    | 'other';
  /** Address of the lock itself (not of its futex word), hexadecimal. Two waits with one address are one lock. */
  address?: string;
  /** The thread that holds it, read from the lock's owner field and checked to be alive; absent when unknowable. */
  ownerTid?: number;
  /** Set when the owner field names a thread that no longer exists. */
  ownerDead?: boolean;
  /** Of a condition variable: address of the mutex that the thread takes again when it is woken. */
  mutex?: string;
  /** The thread that has that mutex now, which is not who would signal the condition variable: nobody records that. */
  mutexOwnerTid?: number;
  /** The process of `ownerTid`, when it is not the one that waits: processes can share a lock. */
  ownerPid?: number;
  /** Of `child`: the process that it waits for; absent when any child will do. */
  childPid?: number;
  /** The pipe that it reads from, or writes into, and every process that has the other end open. */
  pipe?: { id: string; end: PipeEnd; others: number[] };
  /** Which memory the lock is in, where processes share it: `<device>:<inode>+<offset>`. Two waits with one are one lock. */
  shared?: string;
  /** What people call it: `GIL`, or `GIL#2` when it is that of interpreter 2. */
  name?: string;
  /** Name of the variable that is the lock, as a debugger prints it, e.g. `read_mutex` or `_PyRuntime+384`. */
  symbol?: string;
  /** Type of a lock that is an object of the runtime, e.g. `java.lang.Object`. */
  type?: string;
  /** How long it has waited at the time of the dump, milliseconds. */
  waitingMs?: number;
  /** The line of the text dump that says so, from 1. */
  sourceLine?: number;
}

/**
 * A lock as a dump shows it: held by a thread (jstack; a snapshot's `runtime-lock`), or printed by the user (`p *mutex`
 * in gdb).
 */
export interface LockRecord {
  kind: 'mutex' | 'rwlock' | 'monitor' | 'synchronizer' | 'runtime-lock' | 'python-lock' | 'python-rlock';
  /** What people call it, e.g. `JS thread`. */
  name?: string;
  address?: string;
  symbol?: string;
  type?: string;
  /** Absent when nobody holds it or when the dump does not say. */
  ownerTid?: number;
  sourceLine?: number;
}

/**
 * What a text dump says of a thread beside its stack. `gc`: collects garbage; `dropping-gil`: pystack's word for it;
 * `current`: selected in the debugger, or the one that wrote the dump; `crashed`: received the fatal signal;
 * `interrupted`: the stack is where a KeyboardInterrupt hit; `daemon`: a daemon thread; `exiting`: about to end.
 */
export type ThreadMark = 'gc' | 'dropping-gil' | 'current' | 'crashed' | 'interrupted' | 'daemon' | 'exiting';

export interface Syscall {
  number: number;
  name?: string;
  args: string[];
  sp: string;
  pc: string;
}

export interface ThreadDump {
  tid: number;
  name: string;
  /** One letter of /proc/PID/stat: R running, S sleeping, D uninterruptible, T stopped, Z zombie; ? not told. */
  state: string;
  /** The dump tool's own mark: py-spy's `active+gil`, pystack's `[Has the GIL]`, `[Waiting for the GIL]`. */
  gil?: 'holds' | 'waits';
  /** The dump tool's own words on this thread, e.g. `chan receive, 5 minutes`, `BLOCKED (on object monitor)`. */
  said?: string;
  /** How many threads or processes the text says stand exactly here, when it folds them. */
  alike?: number;
  /** Its pthread_t, hexadecimal with 0x, when a text dump tells it beside the tid: joins name their thread by it. */
  pthread?: string;
  /** The line of the text dump in which this thread's heading stands, from 1. */
  sourceLine?: number;
  /** User plus system CPU time so far, microseconds. */
  cpuUs?: number;
  syscall?: Syscall;
  wait?: ThreadWait;
  /** Innermost first. */
  frames: Frame[];
  /** `complete` reaches the thread's start; `partial` stopped early; `none` could not be walked. */
  stack: 'complete' | 'partial' | 'none';
  /**
   * What `tid` is; absent means the kernel's thread id. `pthread`: the pthread_t, which Python calls its ident.
   * `goroutine`: Go's number. `debugger`: the debugger's own number. `ordinal`: the text names no thread, and this
   * only counts its stacks.
   */
  tidKind?: 'pthread' | 'goroutine' | 'debugger' | 'ordinal';
  marks?: ThreadMark[];
  /** Locks that the dump shows as held by this thread. */
  holds?: LockRecord[];
  /** The call that started it, where the text says so (Go). */
  createdBy?: string;
  /** Frames that are left out between the innermost and the outermost ones, because the stack is too deep. */
  framesLeftOut?: number;
  /** The text was cut where the innermost frames would follow: `frames[0]` is not where the thread stands. */
  innermostMissing?: true;
  /** An earlier thread with the same stack: the frames, and their lines, are its. */
  sameStackAs?: number;
  /**
   * How a snapshot looked at it. `no-stop`: while it was blocked, without stopping it; `stopped`: it ran, and was
   * stopped alone for its registers and its stack; `frozen`: stopped together with all others; `core`: in a core file.
   */
  rung?: 'no-stop' | 'stopped' | 'frozen' | 'core';
  /**
   * How well a snapshot knows its frames. `recovered`: with a frame pointer found by search, so that a frame may be
   * missing; `approximate`: read while it ran, or not certain where a runtime's frames belong between the native ones.
   */
  accuracy?: 'exact' | 'recovered' | 'approximate';
  /** How long this dump stopped it, microseconds; absent when it did not. */
  pausedUs?: number;
  /** The function of the kernel that it sleeps in: where nothing more may be read. */
  waitChannel?: string;
}

/** A thread's own account of what it holds and wants, from the flight file. Resources are named `kind:name`. */
export interface LockLine {
  tid: number;
  name: string;
  holds: string[];
  wants?: string;
  /** The call in which it wants it. */
  where?: string;
  /** How long it has wanted it at the time of the dump, milliseconds. */
  waitingMs?: number;
  /** What it says of the driver comes from a driver model, not from the driver: inferred, not read. */
  byModel?: boolean;
}

/** A lock's owner that a debugger printed apart from any stack, e.g. `p *(pthread_mutex_t *) 0x601300`. */
export interface PrintedOwner {
  address: string;
  ownerTid: number;
  sourceLine?: number;
}

export interface ProcessDump {
  schemaVersion: 1;
  /** 0 when a text dump does not tell. */
  pid: number;
  command?: string;
  parentPid?: number;
  /** Set to `parentPid` when it is a copy of its parent, by a fork without exec. */
  forkedFrom?: number;
  /** Which tool wrote the text, e.g. `py-spy`, `gdb`; absent for a live process. */
  format?: string;
  /** True when the text is known to list every thread of the process. */
  listsAllThreads?: boolean;
  /** Owners that the text prints apart from the stacks. */
  printedOwners?: PrintedOwner[];
  /** ISO 8601. */
  takenAt: string;
  /** How long taking it took, microseconds. */
  tookUs?: number;
  /** Longest time any thread of the target was stopped, microseconds; 0 when nothing was stopped. */
  pausedUs?: number;
  /** The kernel denied it: here is only what everybody may read. */
  refused?: true;
  threads: ThreadDump[];
  lockLines: LockLine[];
  /** What this dump lacks and why, one sentence each. */
  lacks: string[];
  /** What tells it from its neighbours in one text: a rank, a pod, a heading. */
  label?: string;
  /** E.g. `Python 3.12.12`, `Node v20.20.2`. */
  runtimeVersion?: string;
  /** What the text says beside its stacks, one sentence each, e.g. `Fatal Python error: Aborted`. */
  notes?: string[];
  /** The line of the text dump that begins it, from 1. */
  sourceLine?: number;
}
