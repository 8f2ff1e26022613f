/** Finds what a native stack waits for: the kind from the function's name, the lock from the debugger's arguments. */
import type { Frame, ThreadWait } from '../process-dump.js';
import { addressEnd, digitsEnd, tidyAddress } from './scan.js';

interface WaitFunction {
  name: RegExp;
  kind: ThreadWait['kind'];
  /** Arguments that hold the lock's address, best first. */
  lock?: readonly string[];
}

/** glibc, by names without underscores, `GI_` and versions. Inner functions are shared by all kinds: outer ones win. */
const waitFunctions: readonly WaitFunction[] = [
  {
    name: /^(pthread_mutex_(lock|timedlock|clocklock|cond_lock)|lll_(mutex_lock|lock_wait)|L_(mutex_)?lock_)/,
    kind: 'mutex',
    lock: ['mutex', 'futex'],
  },
  { name: /^pthread_spin_lock/, kind: 'mutex', lock: ['lock'] },
  { name: /^pthread_rwlock_(rd|timedrd|clockrd)lock/, kind: 'rwlock-read', lock: ['rwlock'] },
  { name: /^pthread_rwlock_(wr|timedwr|clockwr)lock/, kind: 'rwlock-write', lock: ['rwlock'] },
  { name: /^pthread_cond_(wait|timedwait|clockwait)/, kind: 'condvar', lock: ['cond'] },
  { name: /^(sem_(timed|clock)?wait|do_futex_wait)/, kind: 'semaphore', lock: ['sem'] },
  { name: /^pthread_(join|clockjoin|timedjoin|tryjoin)|^wait_tid/, kind: 'join', lock: ['threadid', 'pd'] },
  { name: /^(clock_)?nanosleep|^usleep$|^sleep$/, kind: 'sleep' },
  { name: /^(p?poll|p?select|epoll_p?wait2?)(_nocancel|64)?$/, kind: 'poll' },
  { name: /^(readv?|recv|recvfrom|recvmsg|accept4?)(_nocancel|64)?$/, kind: 'read' },
  { name: /^(wait[34]?|waitpid|waitid)(_nocancel)?$/, kind: 'child' },
  { name: /^futex|^syscall$/, kind: 'futex', lock: ['futex_word', 'uaddr'] },
];

const decoration = /^_+(GI_+|libc_|new_)*_*/;
const libc = /^(libc|libpthread)[-.]/;

export function bareNativeName(name: string): string {
  return name.replace(decoration, '').replace(/@.*$/, '');
}

/** Looks only at the innermost frames, as far as they are the C library's. */
export function nativeWait(frames: readonly Frame[]): ThreadWait | undefined {
  let found: WaitFunction | undefined;
  let lock: Partial<ThreadWait> = {};
  for (const frame of frames) {
    if (frame.runtime !== 'native') break;
    const known = waitFunctionOf(frame);
    if (known === undefined) {
      if (frame.function === undefined && libc.test(frame.module ?? '')) continue;
      break;
    }
    // Woken up, it stands in the mutex that it has to take again.
    if (/pthread_mutex_cond_lock/.test(frame.function ?? '')) {
      return { kind: 'mutex', ...(lockOf(frame, ['mutex']) ?? lock) };
    }
    // A mutex inside of a condition variable's wait is only being retaken.
    const sameLock = found === undefined || found.kind === known.kind || found.kind === 'futex';
    const named = lockOf(frame, known.lock ?? []);
    if (named !== undefined || !sameLock || isWord(found))
      lock = named ?? (sameLock ? dropWord(found, known, lock) : {});
    found = known;
  }
  if (found === undefined) return undefined;
  return { kind: found.kind, ...lock };
}

const isWord = (wait: WaitFunction | undefined): boolean => wait?.kind === 'futex';

/** The futex word is the mutex's own first field and the semaphore's, but lies inside a condition variable. */
function dropWord(
  inner: WaitFunction | undefined,
  outer: WaitFunction,
  lock: Partial<ThreadWait>,
): Partial<ThreadWait> {
  if (!isWord(inner) || outer.kind === 'futex') return lock;
  return outer.kind === 'mutex' || outer.kind === 'semaphore' ? lock : {};
}

function waitFunctionOf(frame: Frame): WaitFunction | undefined {
  if (frame.function === undefined) return undefined;
  if (known.has(frame.function)) return known.get(frame.function);
  const name = bareNativeName(frame.function);
  const found = waitFunctions.find((each) => each.name.test(name));
  if (known.size >= mostKnown) known.clear();
  known.set(frame.function, found);
  return found;
}

/** A dump repeats a few names a million times. */
const known = new Map<string, WaitFunction | undefined>();
const mostKnown = 10_000;

function lockOf(frame: Frame, names: readonly string[]): Partial<ThreadWait> | undefined {
  const { args } = frame;
  if (args === undefined) return undefined;
  for (const name of names) {
    const value = argument(args, name);
    const lock = value === undefined ? undefined : lockIn(value);
    if (lock !== undefined) {
      return { ...lock, ...(frame.sourceLine === undefined ? {} : { sourceLine: frame.sourceLine }) };
    }
  }
  return undefined;
}

/** The text after `name=`, without gdb's `name@entry=`. */
export function argument(args: string, name: string): string | undefined {
  for (let at = args.indexOf(`${name}=`); at >= 0; at = args.indexOf(`${name}=`, at + 1)) {
    if (at > 0 && args[at - 1] !== ' ' && args[at - 1] !== ',') continue;
    const value = args.slice(at + name.length + 1);
    const entry = `${name}@entry=`;
    return value.startsWith(entry) ? value.slice(entry.length) : value;
  }
  return undefined;
}

/** `0x601300 <write_mutex>` is an address with its symbol; a bare number is a pthread_t. */
function lockIn(value: string): Pick<ThreadWait, 'address' | 'symbol'> | undefined {
  const end = addressEnd(value, 0);
  if (end === 0) {
    const digits = digitsEnd(value, 0);
    if (digits < 6) return undefined;
    return { address: `0x${BigInt(value.slice(0, Math.min(digits, 20))).toString(16)}` };
  }
  const address = tidyAddress(value.slice(0, end));
  if (!value.startsWith(' <', end)) return { address };
  const close = closingAngle(value, end + 1);
  return close < 0 ? { address } : { address, symbol: value.slice(end + 2, close) };
}

/** Symbols of C++ have angle brackets of their own. */
function closingAngle(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '<') depth++;
    else if (text[at] === '>' && text[at - 1] !== '-' && --depth === 0) return at;
  }
  return -1;
}
