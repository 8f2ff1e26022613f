/** Verdicts about a process that we read ourselves, of which no thread goes on, or of which too little is known. */
import type { ProcessDump, ThreadDump, ThreadWait } from './process-dump.js';
import { clauses, sayFirst } from './say-first.js';
import { labelOf } from './thread-label.js';
import type { Family, VerdictKind } from './verdict.js';

export interface Standstill {
  kind: VerdictKind;
  family: Family;
  confidence: number;
  summary: string;
  /** What to change. */
  cuts: readonly string[];
}

/** A moment in which nobody happens to run looks the same as the end; the same picture twice does not. */
const sureness = { once: 0.7, twice: 0.95, told: 0.9 } as const;

/** Undefined when some thread goes on, or may. */
export function standstill(dump: ProcessDump, previous?: ProcessDump): Standstill | undefined {
  const { threads } = dump;
  if (threads.length === 0) return undefined;
  if (threads.every(({ state }) => state === 'Z' || state === 'X')) {
    const summary = 'the process has ended, and waits only for its parent to take note (wait)';
    return { ...{ kind: 'unknown', family: 'none', confidence: sureness.told, summary }, cuts: [] };
  }
  if (threads.every(isUnread)) {
    const summary = 'no thread could be read: what they do is not known';
    return { ...{ kind: 'unknown', family: 'none', confidence: 0, summary }, cuts: [] };
  }
  if (threads.every(({ state }) => state === 'T')) {
    const summary = 'every thread is stopped by a signal (SIGSTOP, SIGTSTP): SIGCONT lets the process go on';
    return { ...{ kind: 'waiting-external', family: 'none', confidence: sureness.told, summary }, cuts: [] };
  }
  if (!threads.every(isForThisProcess) || moved(dump, previous)) return undefined;
  const confidence = previous === undefined ? sureness.once : sureness.twice;
  if (dump.forkedFrom !== undefined && threads.some(({ wait }) => isLock(wait))) {
    const summary = `${sayAll(threads)}: no thread of this process has what is waited for; it was forked from process ${dump.forkedFrom}, where a thread had it`;
    return { kind: 'deadlock', family: 'fork-held-lock', confidence, summary, cuts: forkCuts };
  }
  const [only] = threads;
  if (threads.length === 1 && isLock(only?.wait)) {
    const summary = `${sayAll(threads)}, and is the only thread of its process: it took that itself, or whoever did does not exist here, as after a fork`;
    return { kind: 'deadlock', family: 'fork-held-lock', confidence, summary, cuts: forkCuts };
  }
  const summary = `every thread waits for what only another thread of this process could do: ${sayAll(threads)}`;
  return { kind: 'deadlock', family: 'lost-wakeup', confidence, summary, cuts: wakeCuts };
}

const forkCuts: readonly string[] = [
  'Do not fork while another thread may hold a lock: start the child with exec, posix_spawn or multiprocessing "spawn".',
];
const wakeCuts: readonly string[] = [
  'Change the condition and signal it under the mutex that its waiters hold, and wait in a loop that tests the condition.',
  'Give the wait a time limit, so that a missed signal is a delay and not a hang.',
];

function isUnread({ rung, wait, syscall, frames, state }: ThreadDump): boolean {
  return (
    rung === undefined && wait === undefined && syscall === undefined && frames.length === 0 && state !== 'R'
  );
}

const inner: ReadonlySet<ThreadWait['kind']> = new Set<ThreadWait['kind']>([
  'mutex',
  'rwlock-read',
  'rwlock-write',
  'condvar',
  'join',
  'semaphore',
  'futex',
  'python-lock',
  'python-rlock',
]);
/** Waits that the kernel shares between processes only if a process asked for it. */
const neverPrivate: ReadonlySet<ThreadWait['kind']> = new Set<ThreadWait['kind']>(['join', 'mutex']);
const privateFlag = 128n;
/** Of `futex`: FUTEX_LOCK_PI and FUTEX_LOCK_PI2 have their time limit in the same place as FUTEX_WAIT. */
const futexCall = 202;

/** It waits without a time limit, and for something that nobody outside of the process can do. Signals are left out. */
function isForThisProcess({ wait, syscall }: ThreadDump): boolean {
  if (wait === undefined || !inner.has(wait.kind) || wait.shared !== undefined) return false;
  if (syscall?.number !== futexCall) return false;
  const [, operation = '0x0', , limit = '0x0'] = syscall.args;
  const isPrivate = (BigInt(operation) & privateFlag) !== 0n || neverPrivate.has(wait.kind);
  return isPrivate && BigInt(limit) === 0n;
}

/** What a lock is, as opposed to an event that somebody would announce. */
function isLock(wait: ThreadWait | undefined): boolean {
  return wait !== undefined && /^(mutex|rwlock|python-)/.test(wait.kind);
}

function moved({ threads }: ProcessDump, previous: ProcessDump | undefined): boolean {
  if (previous === undefined) return false;
  const before = new Map(previous.threads.map((thread) => [thread.tid, thread]));
  return threads.some(({ tid, wait, cpuUs, syscall }) => {
    const then = before.get(tid);
    return (
      then?.wait?.address !== wait?.address || then?.cpuUs !== cpuUs || then?.syscall?.sp !== syscall?.sp
    );
  });
}

/** How many threads a sentence names before it only counts them. */
const named = 4;

function sayAll(threads: readonly ThreadDump[]): string {
  const say = ({ wait, ...thread }: ThreadDump) =>
    `${labelOf(thread)} (tid ${thread.tid}) waits for ${sayWait(wait)}`;
  return sayFirst(threads, named, say, clauses);
}

function sayWait(wait: ThreadWait | undefined): string {
  switch (wait?.kind) {
    case 'condvar':
      return 'a condition variable';
    case 'semaphore':
      return 'a semaphore';
    case 'join':
      return `thread ${wait.ownerTid} to end`;
    case 'python-lock':
      return 'a threading.Lock';
    case 'python-rlock':
      return 'a threading.RLock';
    case 'mutex':
      return 'a mutex';
    case 'rwlock-read':
    case 'rwlock-write':
      return 'a read-write lock';
    default:
      return 'a futex';
  }
}
