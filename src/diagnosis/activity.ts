/** What threads do between two dumps, for the verdicts that are not deadlocks. */
import type { ProcessDump, ThreadDump, ThreadWait } from './process-dump.js';
import { isIdleWorker } from './sources/frames.js';

export type Activity = 'runs' | 'waits for the outside' | 'idle';

/** A thread that used at least this share of a core between two dumps is busy. */
const busyShare = 0.5;

const outside: ReadonlySet<ThreadWait['kind']> = new Set(['poll', 'read', 'child']);

/** With one dump only, state R counts as running: less sure, as any sleeper may be caught awake. */
export function activityOf(thread: ThreadDump, dump: ProcessDump, previous?: ProcessDump): Activity {
  const share = cpuShare(thread, dump, previous);
  if (share === undefined ? thread.state === 'R' : share >= busyShare) return 'runs';
  if (thread.wait !== undefined && outside.has(thread.wait.kind) && !isIdleWorker(thread)) {
    return 'waits for the outside';
  }
  return 'idle';
}

/** Share of one core, 0 to about 1; undefined when the two dumps cannot tell. */
function cpuShare(thread: ThreadDump, dump: ProcessDump, previous?: ProcessDump): number | undefined {
  const before = previous?.threads.find((candidate) => candidate.tid === thread.tid);
  if (previous === undefined || before?.cpuUs === undefined || thread.cpuUs === undefined) return undefined;
  const elapsedUs = (Date.parse(dump.takenAt) - Date.parse(previous.takenAt)) * 1000;
  if (!(elapsedUs > 0)) return undefined;
  return (thread.cpuUs - before.cpuUs) / elapsedUs;
}
