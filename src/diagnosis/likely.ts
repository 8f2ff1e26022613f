/** Which family an unfinished picture points to. It names what to look at next; it proves nothing. */
import { afterFork } from './likely-fork.js';
import type { ProcessDump } from './process-dump.js';
import { isPythonTool, type Reading, readThread, surest } from './reading.js';
import { isLock, isNativeLock, parseResource } from './resources.js';
import { gil, jsThread } from './rules/rule.js';
import { suspected } from './suspicions.js';
import type { Family } from './verdict.js';
import { byThread, type WaitEdge, type WaitGraph } from './wait-graph.js';

export interface Likely {
  family: Family;
  /** Completes "...: " in the summary. */
  because: string;
  /** The thread that shows it. */
  tid: number;
  /** True when nobody in this process can end the wait. */
  isCertain?: boolean;
}

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

/** Where a stack of a Python tool breaks off, Python frames follow. */
function isCutInPython(readings: readonly Reading[], { tid }: WaitEdge, dump: ProcessDump): boolean {
  const thread = readings.find((reading) => reading.thread.tid === tid)?.thread;
  return isPythonTool(dump) && thread?.stack === 'partial';
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
