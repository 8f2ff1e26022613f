/** Threads folded by what they do: sixteen workers that stand in one place are one stack. */

import type { Frame, ProcessDump, ThreadDump } from '../diagnosis/process-dump.js';
import { sayWaits } from '../diagnosis/resources.js';
import { sayFirst } from '../diagnosis/say-first.js';
import { labelOf } from '../diagnosis/thread-label.js';
import { count } from './format.js';

export interface StackGroup {
  /** The first one stands for all: same frames, same lock, same owner. */
  threads: [ThreadDump, ...ThreadDump[]];
}

/** In the order of their first member. */
export function groupStacks(threads: readonly ThreadDump[]): StackGroup[] {
  const groups = new Map<string, StackGroup>();
  for (const thread of threads) {
    const key = keyOf(thread);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { threads: [thread] });
    else group.threads.push(thread);
  }
  return [...groups.values()];
}

/** The CPU time and the arguments of the call do not matter; what it waits for does. */
function keyOf({ frames, wait, holds, stack, state, rung, accuracy }: ThreadDump): string {
  const places = frames.map((frame) => [frame.runtime, frame.function, frame.module, frame.file, frame.line]);
  const isRunning = state === 'R';
  const lock = [wait?.kind, wait?.kind === 'other' ? '' : wait?.address, wait?.ownerTid, wait?.pipe];
  return JSON.stringify([places, lock, holds ?? [], stack, isRunning, rung, accuracy]);
}

/** How many names a line has room for. */
const named = 6;

/** e.g. `11 x pool_1 (tid 5), pool_2 (tid 6) and 9 more`. */
export function sayThreads({ threads }: StackGroup): string {
  const names = sayFirst(threads, named, (thread) => `${labelOf(thread)} (tid ${thread.tid})`);
  const times = threads.length === 1 ? '' : `${threads.length} x `;
  return `${times}${names}`;
}

const ways: Readonly<Record<NonNullable<ThreadDump['rung']>, string>> = {
  'no-stop': 'not stopped',
  stopped: 'stopped alone',
  frozen: 'stopped with all others',
  core: 'from a core file',
};

/** How it was looked at and how well its stack is known: `not stopped, stack exact`. */
export function sayQuality({ rung, accuracy, stack, pausedUs, state }: ThreadDump): string {
  if (rung === undefined || accuracy === undefined) return `no stack (state ${state})`;
  const pause = pausedUs === undefined ? '' : ` for ${pausedUs} µs`;
  const whole = stack === 'complete' ? '' : ', not whole';
  return `${ways[rung]}${pause}, stack ${accuracy}${whole}`;
}

const calls: Partial<Record<NonNullable<ThreadDump['wait']>['kind'], string>> = {
  condvar: 'a condition variable to be signalled',
  semaphore: 'a semaphore to be posted',
  futex: 'a futex to be woken',
  sleep: 'a time to pass',
  poll: 'input, output or a timer (poll, epoll, select)',
  read: 'a read or write',
  child: 'a child process to end',
};

/** What it waits for and who has that, as far as it was read; undefined for a thread that does not wait. */
export function sayWait({ wait, syscall, waitChannel }: ThreadDump, dump: ProcessDump): string | undefined {
  if (wait === undefined)
    return waitChannel === undefined ? undefined : `sleeps in ${waitChannel} of the kernel`;
  if (wait.pipe !== undefined) return sayPipe(wait.pipe);
  const at = wait.address === undefined ? '' : ` ${wait.address}`;
  const call = syscall?.name === undefined ? 'waits in a system call' : `waits in ${syscall.name}`;
  switch (wait.kind) {
    case 'join':
      return `waits for ${sayWaits(`thread:${wait.ownerTid ?? 'unknown'}`)}`;
    case 'gil':
    case 'js-thread':
      return `waits for the ${wait.name ?? (wait.kind === 'gil' ? 'GIL' : 'JS thread')}${sayOwner(wait, dump)}`;
    case 'other':
      return call;
    case 'condvar':
    case 'semaphore':
    case 'futex':
      // Who has the mutex of a condition variable now is not who would signal it.
      return `waits for ${calls[wait.kind]}:${at === '' ? ' its address is not known' : at}; who would do so is recorded nowhere`;
    case 'mutex':
    case 'rwlock-read':
    case 'rwlock-write':
    case 'python-lock':
    case 'python-rlock':
      return `waits for ${lockNames[wait.kind]}${at}${sayOwner(wait, dump)}`;
    default:
      return `waits for ${calls[wait.kind] ?? wait.kind}`;
  }
}

function sayPipe({ id, end, others }: NonNullable<NonNullable<ThreadDump['wait']>['pipe']>): string {
  const what = end === 'read' ? 'data in' : 'room in';
  const who =
    others.length === 0
      ? 'no process has'
      : `${others.length === 1 ? 'process' : 'processes'} ${sayFirst(others, named, String)} ${others.length === 1 ? 'has' : 'have'}`;
  return `waits for ${what} ${id}, whose other end ${who} [read]`;
}

const lockNames = {
  mutex: 'mutex',
  'rwlock-read': 'read-write lock (to read)',
  'rwlock-write': 'read-write lock (to write)',
  'python-lock': 'threading.Lock',
  'python-rlock': 'threading.RLock',
} as const;

function sayOwner(wait: NonNullable<ThreadDump['wait']>, { threads }: ProcessDump): string {
  if (wait.ownerDead) return ', whose owner no longer exists [read]';
  if (wait.ownerTid === undefined) return ', its owner is recorded nowhere';
  const owner = threads.find((thread) => thread.tid === wait.ownerTid);
  const process = wait.ownerPid === undefined ? '' : ` of process ${wait.ownerPid}`;
  return `, held by ${owner === undefined ? 'thread' : labelOf(owner)} (tid ${wait.ownerTid})${process} [read]`;
}

/** e.g. `py   store  server.py:12`; the innermost is number 0. */
export function stackLines(thread: ThreadDump): string[] {
  const { frames, framesLeftOut = 0 } = thread;
  const numberWidth = String(frames.length).length;
  const isMixed = frames.some(({ runtime }) => runtime !== 'native');
  const lines = frames.map((frame, at) => {
    const runtime = isMixed ? `${runtimes[frame.runtime]} ` : '';
    return `#${String(at).padEnd(numberWidth)} ${runtime}${frameLine(frame)}`;
  });
  return framesLeftOut > 0 ? [...lines, `(${count(framesLeftOut, 'more frame')})`] : lines;
}

const runtimes: Readonly<Record<Frame['runtime'], string>> = { native: '  ', python: 'py', js: 'js' };

function frameLine({ function: name, file, line, column, module, pc, inlined }: Frame): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':') || module || pc || '';
  const what = name ?? (pc === undefined ? '?' : `? ${pc}`);
  return `${what}${inlined ? ' [inlined]' : ''}  ${place}`.trimEnd();
}
