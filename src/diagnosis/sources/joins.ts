/** Threads that wait for other threads to end. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import type { ProcessDump, ThreadDump } from '../process-dump.js';
import { isText, type Reading } from '../reading.js';
import { groundAt, groundOf } from './ground.js';

const poolExit = /(concurrent\/futures\/thread|multiprocessing\/pool)\.py$/;

export function joinClaims(dump: ProcessDump, readings: readonly Reading[]): Pick<Claims, 'waits' | 'holds'> {
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  if (!isText(dump)) return { waits, holds };
  const byHandle = new Map(dump.threads.map((thread) => [thread.pthread, thread]));
  for (const reading of readings) {
    const join = nativeJoin(reading, byHandle) ?? pythonJoin(reading, readings);
    if (join === undefined) continue;
    waits.push(join.wait);
    for (const thread of join.targets) {
      const because =
        join.targets.length === 1 ? 'it has not ended' : 'it is one of those that have not ended';
      holds.push({
        ...{ source: 'frames', tid: thread.tid, resource: join.wait.resource, evidence: 'inferred' },
        ...groundAt(thread.frames, 0, thread),
        because,
        confidence: join.confidence,
      });
    }
  }
  return { waits, holds };
}

interface Join {
  wait: WaitClaim;
  targets: readonly ThreadDump[];
  confidence: number;
}

/** `pthread_join (threadid=...)` names its thread by the handle that headings print as `Thread 0x7f...`. */
function nativeJoin(
  { thread, stack }: Reading,
  byHandle: ReadonlyMap<string | undefined, ThreadDump>,
): Join | undefined {
  if (thread.wait?.kind !== 'join' || thread.wait.ownerTid !== undefined) return undefined;
  const target = thread.wait.address === undefined ? undefined : byHandle.get(thread.wait.address);
  const resource = `thread:${target?.tid ?? 'unknown'}`;
  const wait: WaitClaim = {
    ...{ source: 'frames', tid: thread.tid, resource, evidence: target === undefined ? 'inferred' : 'read' },
    ...groundAt(stack.frames, stack.depth, thread),
    confidence: 0.95,
  };
  return { wait, targets: target === undefined ? [] : [target], confidence: 0.97 };
}

function pythonJoin(reading: Reading, all: readonly Reading[]): Join | undefined {
  const { wait, thread } = reading;
  const means = wait?.rule.means;
  if (means?.kind !== 'waits-for' || means.resource !== 'thread:?') return undefined;
  const { targets, name, confidence } = targetsOf(reading, all);
  const claim: WaitClaim = {
    ...{ source: 'frames', tid: thread.tid, resource: `thread:${name}`, evidence: 'inferred' },
    ...groundOf(reading, wait),
  };
  return { wait: claim, targets, confidence };
}

function targetsOf(
  { thread, stack }: Reading,
  all: readonly Reading[],
): { targets: ThreadDump[]; name: string; confidence: number } {
  const others = all.filter((other) => other.thread !== thread && other.stack.python >= 0);
  if (stack.frames.some((frame) => poolExit.test(frame.file ?? ''))) {
    const workers = others.filter((other) => isPoolWorker(other)).map((other) => other.thread);
    if (workers.length > 0) return { targets: workers, name: 'the workers of the pool', confidence: 0.85 };
  }
  const [only] = others;
  if (only !== undefined && others.length === 1) {
    return { targets: [only.thread], name: String(only.thread.tid), confidence: 0.8 };
  }
  return { targets: [], name: 'unknown', confidence: 0 };
}

function isPoolWorker({ thread, stack }: Reading): boolean {
  return (
    /^ThreadPoolExecutor|^Pool/.test(thread.name) ||
    stack.frames.some((frame) => frame.function === '_worker' && poolExit.test(frame.file ?? ''))
  );
}
