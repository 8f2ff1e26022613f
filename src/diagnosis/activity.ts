/** What threads do, for the verdicts that are not deadlocks. */
import { standsInWait } from './frames.js';
import type { ProcessDump, ThreadDump, ThreadWait } from './process-dump.js';
import { isText, readThread, surest } from './reading.js';
import { isIdleWorker } from './sources/frames.js';

/** unclear: it stands in a call that the dump does not show. */
export type Activity = 'runs' | 'waits for the outside' | 'idle' | 'unclear';

/** A thread that used at least this share of a core between two dumps is busy. */
const busyShare = 0.5;

const outside: ReadonlySet<ThreadWait['kind']> = new Set(['poll', 'read', 'child']);

/** With one dump only, state R counts as running: less sure, as any sleeper may be caught awake. */
export function activityOf(thread: ThreadDump, dump: ProcessDump, previous?: ProcessDump): Activity {
  const share = cpuShare(thread, dump, previous);
  if (isText(dump)) return share !== undefined && share >= busyShare ? 'runs' : activityInText(thread, dump);
  const runs = share === undefined ? thread.state === 'R' : share >= busyShare || isStarved(thread, previous);
  if (runs) return 'runs';
  if (thread.wait !== undefined && outside.has(thread.wait.kind) && !isIdleWorker(thread, dump)) {
    return 'waits for the outside';
  }
  return 'idle';
}

/** A text tells the state at best; the frames tell the rest. */
function activityInText(thread: ThreadDump, dump: ProcessDump): Activity {
  const reading = readThread(thread, dump);
  const { wait, machinery, stack } = reading;
  const rests = surest(reading, 'idle', 'waits-external', 'collective', 'spins', 'running');
  if (rests !== undefined) {
    const { kind } = rests.rule.means;
    if (kind === 'running') return 'runs';
    if (kind === 'idle') return 'idle';
    return kind === 'spins' ? 'unclear' : 'waits for the outside';
  }
  const resource = wait !== undefined && 'resource' in wait.rule.means ? wait.rule.means.resource : '';
  if (/^(device|team):/.test(resource)) return 'waits for the outside';
  if (thread.state === 'R') return 'runs';
  if (machinery === 'outside') return 'waits for the outside';
  if (machinery !== undefined || standsInWait(thread.frames)) return 'idle';
  if (wait !== undefined || surest(reading, 'suspects') !== undefined) return 'idle';
  const top = thread.frames[0];
  // A debugger shows where the thread is; a Python-only dump shows where the last Python frame is.
  const showsTheTop = stack.python !== 0 && thread.innermostMissing !== true && thread.state !== 'S';
  return top !== undefined && showsTheTop ? 'runs' : 'unclear';
}

/** On a machine with more to do than cores, who wants to run all the time may get little of one. */
function isStarved({ tid, state, cpuUs = 0 }: ThreadDump, previous: ProcessDump | undefined): boolean {
  const before = previous?.threads.find((candidate) => candidate.tid === tid);
  return state === 'R' && before?.state === 'R' && cpuUs > (before.cpuUs ?? 0);
}

/** Share of one core, 0 to about 1; undefined when the two dumps cannot tell. */
function cpuShare(thread: ThreadDump, dump: ProcessDump, previous?: ProcessDump): number | undefined {
  const before = previous?.threads.find((candidate) => candidate.tid === thread.tid);
  if (previous === undefined || before?.cpuUs === undefined || thread.cpuUs === undefined) return undefined;
  const elapsedUs = (Date.parse(dump.takenAt) - Date.parse(previous.takenAt)) * 1000;
  if (!(elapsedUs > 0)) return undefined;
  return (thread.cpuUs - before.cpuUs) / elapsedUs;
}
