/** Which family an unfinished picture points to. It names what to look at next; it proves nothing. */
import type { ProcessDump } from './process-dump.js';
import { type Reading, readThread, surest } from './reading.js';
import { isLock, isNativeLock, parseResource } from './resources.js';
import { gil, jsThread } from './rules/rule.js';
import type { Family } from './verdict.js';
import type { WaitEdge } from './wait-graph.js';

export interface Likely {
  family: Family;
  /** Completes "...: " in the summary. */
  because: string;
  /** The thread that shows it. */
  tid: number;
  /** True when nobody in this process can end the wait. */
  isCertain?: boolean;
}

/** Between fork and exec there is one thread, and it takes no lock that somebody could still let go. */
const beforeExec: ReadonlySet<string> = new Set([
  'rust-child-before-exec',
  'python-after-fork',
  'libc-atfork-child',
  'java-child-before-exec',
]);

/** @param stuck waits of which nothing in the dump says how they could end */
export function likelyFamily(stuck: readonly WaitEdge[], dump: ProcessDump): Likely | undefined {
  const readings = dump.threads.map((thread) => readThread(thread, dump));
  return (
    afterFork(readings, stuck, dump) ??
    inSignalHandler(readings, stuck) ??
    suspected(readings) ??
    // Locks that are held for moments only say something after a fork or in a signal handler.
    byResources(
      stuck.filter((wait) => !wait.isBrief),
      readings,
      dump,
    )
  );
}

function afterFork(
  readings: readonly Reading[],
  stuck: readonly WaitEdge[],
  dump: ProcessDump,
): Likely | undefined {
  for (const reading of readings) {
    const { thread, machinery, findings, stack } = reading;
    const wait = stuck.find((edge) => edge.tid === thread.tid);
    const mark = findings.find(({ rule }) => rule.means.kind === 'fork-child');
    const isAlone = dump.threads.length === 1 && dump.listsAllThreads === true;
    const isBeforeExec = mark !== undefined && beforeExec.has(mark.rule.id);
    const isBlocked = stack.depth > 0 && machinery !== 'outside' && machinery !== 'sleep';
    const waitsForALock = wait !== undefined && (isLock(wait.resource) || wait.resource.startsWith('team:'));
    if (isBeforeExec && isBlocked) {
      const because =
        'it was forked, and has not yet called exec: whoever held what it waits for does not exist here';
      return { family: 'fork-held-lock', because, tid: thread.tid, isCertain: waitsForALock };
    }
    if (waitsForALock && (mark !== undefined || isAlone)) {
      const because = isAlone
        ? 'it is the only thread of its process: whoever held that lock does not exist here, as after a fork'
        : 'it was forked: a thread that held the lock in the parent does not exist here';
      return { family: 'fork-held-lock', because, tid: thread.tid, isCertain: isAlone };
    }
  }
  return undefined;
}

function inSignalHandler(readings: readonly Reading[], stuck: readonly WaitEdge[]): Likely | undefined {
  for (const { thread, findings } of readings) {
    const isInHandler = findings.some(({ rule }) => rule.means.kind === 'signal-handler');
    if (!isInHandler || !stuck.some((edge) => edge.tid === thread.tid && isLock(edge.resource))) continue;
    const because =
      'it waits in a signal handler, and the code that the signal interrupted may hold that lock';
    return { family: 'self-deadlock', because, tid: thread.tid };
  }
  return undefined;
}

function suspected(readings: readonly Reading[]): Likely | undefined {
  for (const reading of readings) {
    const suspicion = surest(reading, 'suspects');
    if (suspicion?.rule.means.kind !== 'suspects') continue;
    const { family, what } = suspicion.rule.means;
    return { family, because: `it waits for ${what}`, tid: reading.thread.tid };
  }
  return undefined;
}

/** These tools only ever look at Python: where a stack breaks off, Python frames follow. */
const pythonTools: ReadonlySet<string> = new Set(['pystack', 'py-spy', 'py-spy-json', 'faulthandler']);

function isCutInPython(
  readings: readonly Reading[],
  { tid }: WaitEdge,
  { format = '' }: ProcessDump,
): boolean {
  const thread = readings.find((reading) => reading.thread.tid === tid)?.thread;
  return pythonTools.has(format) && thread?.stack === 'partial';
}

function byResources(
  stuck: readonly WaitEdge[],
  readings: readonly Reading[],
  dump: ProcessDump,
): Likely | undefined {
  const [first] = stuck;
  if (first === undefined) return undefined;
  const has = (test: (resource: string) => boolean) => stuck.find((edge) => test(edge.resource));
  const likely = (family: Family, edge: WaitEdge, because: string): Likely => ({
    family,
    because,
    tid: edge.tid,
  });

  const js = has((resource) => resource === jsThread);
  if (js !== undefined)
    return likely('js-thread-blocked', js, 'the JS thread does not come back to its event loop');
  const wantsGil = has((resource) => resource === gil);
  const driver = has((resource) => parseResource(resource).kind === 'driver-lock');
  const isHostCallback = readings.some((reading) => surest(reading, 'host-callback') !== undefined);
  const inPython = readings.some((reading) => reading.gil === 'may hold');
  if (driver !== undefined || (wantsGil !== undefined && isHostCallback)) {
    const edge = driver ?? wantsGil ?? first;
    if (wantsGil === undefined && isHostCallback && !inPython) {
      return likely(
        'host-callback-calls-runtime',
        edge,
        'a host function is running, and the driver waits for it',
      );
    }
    if (wantsGil !== undefined || inPython) {
      return likely('gil-vs-cuda-driver', edge, 'the GIL and a lock of the GPU driver are both wanted');
    }
    return likely('other', edge, 'a lock of the GPU driver is wanted');
  }
  const once = has((resource) => resource.startsWith('once:'));
  if (once !== undefined && (wantsGil !== undefined || inPython)) {
    return likely(
      'gil-vs-call_once',
      once,
      'an initialiser that runs once is wanted with the GIL held, as it seems',
    );
  }
  if (wantsGil !== undefined) {
    return likely(
      'gil-vs-native-mutex',
      wantsGil,
      'the GIL is wanted, and its holder is not among the threads shown',
    );
  }
  const file = has((resource) => resource.startsWith('io-lock:'));
  if (file !== undefined && readings.length === 1) {
    return likely(
      'fork-held-lock',
      file,
      'nobody else is shown, and after a fork that lock can stay held by nobody',
    );
  }
  const spin = has((resource) => resource.startsWith('spinlock:'));
  if (spin !== undefined) return likely('spin-wait', spin, 'it spins for a lock');
  const native = has(isNativeLock);
  if (native !== undefined && (inPython || isCutInPython(readings, native, dump))) {
    return likely(
      'gil-vs-native-mutex',
      native,
      'it waits for a lock of native code below Python, with the GIL as it seems',
    );
  }
  const lockWaits = stuck.filter((edge) => isLock(edge.resource));
  if (lockWaits.length > 1) return likely('abba-mutex', first, 'several threads wait for locks');
  const isThread = parseResource(first.resource).kind === 'thread';
  return likely(
    'other',
    first,
    isThread ? 'a thread does not end' : 'the holder of the lock is not among the threads shown',
  );
}
