/** What a snapshot of one process does not say, because it is known from outside: its parent, its tracer, its memory. */
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { readAwaitedChildren } from './child-waits.js';
import { readProcessStat, readProcessStatus, readWaitChannel } from './proc.js';
import { readSharedLocks } from './shared-locks.js';

/** Adds to `dump`, which has just been taken of a live process. Never throws. */
export async function addFacts(dump: ProcessDump): Promise<void> {
  const stat = await readProcessStat(dump.pid);
  if (stat !== undefined) {
    dump.parentPid = stat.parentPid;
    const parent = await readProcessStat(stat.parentPid);
    const isCopy = stat.startStack !== '0' && parent?.startStack === stat.startStack;
    if (isCopy) dump.forkedFrom = stat.parentPid;
  }
  await addTracer(dump);
  await readSharedLocks(dump);
  await readAwaitedChildren(dump);
  for (const thread of dump.threads) {
    if (thread.stack !== 'none') continue;
    const channel = await readWaitChannel(dump.pid, thread.tid);
    if (channel !== undefined) thread.waitChannel = channel;
  }
}

async function addTracer(dump: ProcessDump): Promise<void> {
  const { tracerPid = 0 } = (await readProcessStatus(dump.pid)) ?? {};
  if (tracerPid === 0) return;
  const { comm = '?' } = (await readProcessStat(tracerPid)) ?? {};
  dump.lacks.push(
    `Process ${tracerPid} (${comm}) traces it: while that one keeps it stopped, its threads stand where they were stopped.`,
  );
}
