/** Which family an unfinished picture points to. It names what to look at next; it proves nothing. */
import type { ProcessDump } from './process-dump.js';
import { type Reading, readThread, surest } from './reading.js';
import { isLock, isNativeLock, parseResource } from './resources.js';
import { gil, jsThread } from './rules/rule.js';
import type { Family } from './verdict.js';
import type { WaitEdge, WaitGraph } from './wait-graph.js';

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

/** Workers of a team: where they are seen, the team was not lost in a fork. */
const teamWorkers = /^(gomp|kmp|openblas)-worker/;

/** @param stuck waits of which nothing in the dump says how they could end */
export function likelyFamily(
  stuck: readonly WaitEdge[],
  graph: WaitGraph,
  dump: ProcessDump,
): Likely | undefined {
  const readings = dump.threads.map((thread) => readThread(thread, dump));
  return (
    afterFork(readings, stuck, graph, dump) ??
    inSignalHandler(readings, stuck) ??
    suspected(readings) ??
    // Locks that are held for moments only say something after a fork or in a signal handler.
    byResources(
      stuck.filter((wait) => !wait.isBrief),
      readings,
      graph,
      dump,
    )
  );
}

/** These tools only ever look at Python. */
const pythonTools: ReadonlySet<string> = new Set(['pystack', 'py-spy', 'py-spy-json', 'faulthandler']);

/** The only thread that is shown may be the only one there is: a bare backtrace, or the main thread alone. */
function isAlone(dump: ProcessDump): 'certainly' | 'maybe' | undefined {
  const { threads, pid, listsAllThreads, format = '' } = dump;
  const [only] = threads;
  if (only === undefined || threads.length > 1) return undefined;
  // Tools for Python list the threads of Python; others can hold a lock too.
  if (listsAllThreads && !pythonTools.has(format)) return 'certainly';
  return only.tid === pid || only.tidKind === 'ordinal' ? 'maybe' : undefined;
}

function afterFork(
  readings: readonly Reading[],
  stuck: readonly WaitEdge[],
  graph: WaitGraph,
  dump: ProcessDump,
): Likely | undefined {
  const alone = isAlone(dump);
  const waits = byThread(stuck);
  const hasTeam = readings.some((reading) => teamWorkers.test(surest(reading, 'idle')?.rule.id ?? ''));
  for (const reading of readings) {
    const { thread, machinery, findings, stack } = reading;
    const { tid } = thread;
    const team = hasTeam ? undefined : graph.waits.get(tid);
    const wait = waits.get(tid) ?? (team?.resource.startsWith('team:') ? team : undefined);
    const mark = findings.find(({ rule }) => rule.means.kind === 'fork-child');
    const waitsForALock = wait !== undefined && (isLock(wait.resource) || wait.resource.startsWith('team:'));
    const isBlocked = stack.depth > 0 && machinery !== 'outside' && machinery !== 'sleep';
    if (mark !== undefined && beforeExec.has(mark.rule.id) && (isBlocked || waitsForALock)) {
      const because =
        'it was forked and has not yet called exec, so that whoever held what it waits for does not exist here';
      return { family: 'fork-held-lock', because, tid, isCertain: waitsForALock };
    }
    if (mark?.rule.id === 'atfork-handler') {
      if (!isBlocked && !waitsForALock) continue;
      if (alone !== undefined) {
        const because =
          'a handler of fork waits, for a thread that is in the middle of it or does not exist here';
        return { family: 'fork-held-lock', because, tid };
      }
      if (!stuck.some((edge) => edge.tid !== tid && isLock(edge.resource))) continue;
      const because =
        'it takes locks one after the other for a fork, while another thread waits, which may hold one of them';
      return { family: 'abba-mutex', because, tid };
    }
    // A signal handler waits for the very thread that it interrupted.
    const isInHandler = findings.some(({ rule }) => rule.means.kind === 'signal-handler');
    if (!waitsForALock || isInHandler) continue;
    if (mark !== undefined) {
      const because = 'it was forked, and a thread that held that lock in the parent does not exist here';
      return { family: 'fork-held-lock', because, tid, isCertain: alone === 'certainly' };
    }
    if (alone === 'certainly' && !wait.resource.startsWith('spinlock:')) {
      const because =
        'it is the only thread of its process, and whoever held that lock does not exist here, as after a fork';
      return { family: 'fork-held-lock', because, tid, isCertain: true };
    }
    if (alone === 'maybe' && (wait.isBrief || wait.resource.startsWith('io-lock:'))) {
      const because =
        'nobody else is shown; such a lock is held for moments, unless its holder vanished in a fork';
      return { family: 'fork-held-lock', because, tid };
    }
  }
  return undefined;
}

function byThread(edges: readonly WaitEdge[]): Map<number, WaitEdge> {
  return new Map(edges.map((edge) => [edge.tid, edge]));
}

function inSignalHandler(readings: readonly Reading[], stuck: readonly WaitEdge[]): Likely | undefined {
  const waits = byThread(stuck);
  for (const { thread, findings } of readings) {
    const isInHandler = findings.some(({ rule }) => rule.means.kind === 'signal-handler');
    if (!isInHandler || !isLock(waits.get(thread.tid)?.resource ?? '')) continue;
    const because =
      'it waits in a signal handler, and the code that the signal interrupted may hold that lock';
    return { family: 'self-deadlock', because, tid: thread.tid };
  }
  return undefined;
}

function suspected(readings: readonly Reading[]): Likely | undefined {
  for (const reading of readings) {
    const suspicion = surest(reading, 'suspects');
    if (suspicion?.rule.means.kind !== 'suspects' || suspicion.rule.means.onlyIfNobodyGoesOn) continue;
    const { family, what } = suspicion.rule.means;
    return { family, because: `it waits for ${what}`, tid: reading.thread.tid };
  }
  return undefined;
}

/** What says something only where every thread of the process rests. */
export function suspectedAtRest(dump: ProcessDump): Likely | undefined {
  const readings = dump.threads.map((thread) => readThread(thread, dump));
  for (const { thread, findings } of readings) {
    for (const { rule } of findings) {
      if (rule.means.kind !== 'suspects' || !rule.means.onlyIfNobodyGoesOn) continue;
      if (rule.id === 'pool-worker-waits-for-a-future' && hasFreeWorker(readings)) continue;
      const { family, what } = rule.means;
      return { family, because: `it waits for ${what}`, tid: thread.tid };
    }
  }
  return undefined;
}

function hasFreeWorker(readings: readonly Reading[]): boolean {
  return readings.some((reading) => surest(reading, 'idle')?.rule.id.startsWith('executor-worker'));
}

/** Where a stack of a Python tool breaks off, Python frames follow. */
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
  graph: WaitGraph,
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
    const [holder] = graph.holdersOf(gil);
    return likely(
      'gil-vs-native-mutex',
      wantsGil,
      holder === undefined
        ? 'the GIL is wanted, and its holder is not among the threads shown'
        : `${graph.nameOf(holder.tid)} (tid ${holder.tid}) holds it, as it seems, and waits for something that this dump does not show`,
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
  const locks = new Set(lockWaits.map((edge) => edge.resource));
  if (locks.size > 1) return likely('abba-mutex', first, 'several threads wait for different locks');
  const isThread = parseResource(first.resource).kind === 'thread';
  return likely(
    'other',
    first,
    isThread ? 'a thread does not end' : 'the holder of the lock is not among the threads shown',
  );
}
