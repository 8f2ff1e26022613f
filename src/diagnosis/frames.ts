/** Reading a stack: which frames are only the machinery of waiting, and which one tells where a thread stands. */
import type { Frame } from './process-dump.js';

export type MachineryKind =
  | 'mutex'
  | 'rwlock'
  | 'condvar'
  | 'semaphore'
  | 'join'
  | 'once'
  | 'outside'
  | 'sleep';

interface Machinery {
  name: RegExp;
  /** What is waited for; absent where the name alone does not tell, e.g. a bare futex. */
  kind?: MachineryKind;
}

/**
 * Functions of the C and C++ libraries that every blocked thread stands in, whatever it waits for. glibc 2.5 to 2.43,
 * musl 1.1 and 1.2, libstdc++, libc++, Boost, libuv, and the system libraries of macOS 10.12 to 15.
 */
const machinery: readonly Machinery[] = [
  { name: /^pthread_mutex_|^pthread_mutex_firstfit_|^psynch_mutexwait/, kind: 'mutex' },
  { name: /^lll_|^L_(mutex_|cond_)?(timed)?lock_/, kind: 'mutex' },
  { name: /^os_unfair_lock_lock|^ulock_wait|^gthread_(recursive_)?mutex_(timed)?lock/, kind: 'mutex' },
  { name: /^std::(__\w+::)?([a-z_]*mutex|lock_guard|unique_lock|scoped_lock)\b/, kind: 'mutex' },
  { name: /^boost::((recursive_)?(timed_)?mutex|unique_lock|lock_guard)\b/, kind: 'mutex' },
  { name: /^uv_mutex_/, kind: 'mutex' },
  { name: /^pthread_rwlock_|^psynch_rw_|^uv_rwlock_/, kind: 'rwlock' },
  {
    name: /^std::(__\w+::)?(shared_lock|shared_(timed_)?mutex|__glibcxx_rwlock)|^glibcxx_rwlock_/,
    kind: 'rwlock',
  },
  {
    name: /^pthread_cond_|^psynch_cvwait|^gthread_cond_|^uv_cond_|^PyCOND_(TIMED)?WAIT|^condvar_/,
    kind: 'condvar',
  },
  { name: /^std::(__\w+::)?(condition_variable(_any)?|__condvar)\b/, kind: 'condvar' },
  { name: /^boost::condition_variable(_any)?\b/, kind: 'condvar' },
  { name: /^sem_|^semaphore_(timed)?wait|^uv_(sem|barrier)_|^pthread_barrier_/, kind: 'semaphore' },
  {
    name: /^std::(__\w+::)?(counting_semaphore|__atomic_semaphore|__semaphore|__atomic_wait|barrier|latch)/,
    kind: 'semaphore',
  },
  { name: /^pthread_(clockjoin|timedjoin|join)|^std::(__\w+::)?j?thread::join/, kind: 'join' },
  { name: /^pthread_once|^std::(__\w+::)?call_once|^gthread_once|^cxa_guard_acquire/, kind: 'once' },
  { name: /^(clock_)?nanosleep|^usleep$|^sleep$|^std::(__\w+::)?this_thread::sleep_/, kind: 'sleep' },
  {
    name: /^(p?poll|p?select|epoll_p?wait2?|kevent(64)?|readv?|pread(64)?|writev?|pwrite(64)?|recv|recvfrom|recvmsg|accept4?|connect|send|sendto|sendmsg|wait|wait[34]|waitpid|waitid|sigwait|sigtimedwait|sigsuspend|pause|flock|fcntl(64)?|ioctl|io_getevents|mach_msg2?_trap|select\$\w+)(@|$)/,
    kind: 'outside',
  },
  { name: /^(do_)?futex|^futex_abstimed|^syscall|^sched_yield(@|$)|^internal_syscall_cancel/ },
  { name: /^timedwait(_cp)?$|^syscall_cp|^sccp$|^cp_begin$|^os_sync_wait/ },
];

/** `__GI___pthread_mutex_lock`, `___pthread_mutex_lock` and `pthread_mutex_lock` are one function to a reader. */
const decoration = /^_+(GI_+|libc_|new_|old_|nptl_|pthread_(?=pthread_))?_*/;

const waitLibraries =
  /^(libc|libpthread|ld-linux[\w-]*)(-[\d.]+)?\.so|^(libc\.musl|ld-musl)-|^libsystem_(kernel|pthread)\.dylib/;

/** Where every thread begins, in the C library and in the C++ library's wrapper around it. */
const beginnings = /^(clone3?|start_thread|thread_start|execute_native_thread_routine)$/;
const beginningLibraries = /^libstdc\+\+\.so/;

/** The outermost frame that is not of the C library: the code that the thread was started to run. */
export function startedFrame(frames: readonly Frame[]): Frame | undefined {
  return frames.findLast((frame) => {
    const { module = '', runtime } = frame;
    if (runtime !== 'native') return true;
    return (
      !waitLibraries.test(module) && !beginningLibraries.test(module) && !beginnings.test(bareName(frame))
    );
  });
}

export function bareName(frame: Frame): string {
  return (frame.function ?? '').replace(decoration, '');
}

export function isWaitMachinery(frame: Frame): boolean {
  if (frame.runtime === 'python') return false;
  if (frame.function === undefined) return waitLibraries.test(frame.module ?? '');
  return machineryOf(frame) !== undefined;
}

/** A dump repeats a few names a million times. */
const known = new Map<string, Machinery | undefined>();
const knownLimit = 20_000;

function machineryOf({ function: name = '' }: Frame): Machinery | undefined {
  if (known.has(name)) return known.get(name);
  const bare = name.replace(decoration, '');
  const found = machinery.find((each) => each.name.test(bare));
  if (known.size >= knownLimit) known.clear();
  known.set(name, found);
  return found;
}

/** How many frames of the stack are nothing but machinery, counted from the innermost. */
export function machineryDepth(frames: readonly Frame[]): number {
  const first = frames.findIndex((frame) => !isWaitMachinery(frame));
  return first < 0 ? frames.length : first;
}

/** The frames below the wait machinery, innermost first; all of them when they are nothing but machinery. */
export function callersOfWait(frames: readonly Frame[]): readonly Frame[] {
  const depth = machineryDepth(frames);
  return depth === frames.length ? frames : frames.slice(depth);
}

/** True when the innermost frame is wait machinery: the thread really stands in a wait. */
export function standsInWait(frames: readonly Frame[]): boolean {
  const top = frames[0];
  return top !== undefined && isWaitMachinery(top);
}

/** What the machinery waits for; the outermost frame of it that tells, since inner ones are shared by all kinds. */
export function machineryKind(frames: readonly Frame[]): MachineryKind | undefined {
  for (let at = machineryDepth(frames) - 1; at >= 0; at--) {
    const frame = frames[at];
    const kind = frame?.function === undefined ? undefined : machineryOf(frame)?.kind;
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** The innermost frame that says something to a person, else the innermost one. */
export function tellingPlace(frames: readonly Frame[]): Frame | undefined {
  return callersOfWait(frames).find((candidate) => candidate.function !== undefined) ?? frames[0];
}

export function tellingFrame(frames: readonly Frame[]): string {
  const frame = tellingPlace(frames);
  return frame === undefined ? 'an unknown call' : sayFrame(frame);
}

export function sayFrame(frame: Frame): string {
  if (frame.function !== undefined) return frame.function;
  return [frame.module, frame.pc].filter((part) => part !== undefined).join('+') || 'an unknown call';
}

/** e.g. `store (server.py:296)`. */
export function sayPlace({ function: name = '?', file, line }: Frame): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  return `${name} (${place})`;
}
