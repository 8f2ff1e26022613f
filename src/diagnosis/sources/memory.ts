/** What a blocked thread's system call and the lock word behind it say: the strongest evidence of an owner. */
import type { Claims, WaitClaim } from '../claims.js';
import { tellingFrame } from '../frames.js';
import type { ProcessDump, ThreadDump, ThreadWait } from '../process-dump.js';

/** Waits of other kinds (condition variables, semaphores, bare futexes) have no owner in memory. */
const lockKinds: Partial<Record<ThreadWait['kind'], string>> = {
  mutex: 'mutex',
  'rwlock-read': 'rwlock',
  'rwlock-write': 'rwlock',
};

export function memoryClaims(dump: ProcessDump): Claims {
  const waits: WaitClaim[] = [];
  for (const thread of dump.threads) {
    const claim = thread.wait && claimOf(thread, thread.wait);
    if (claim !== undefined) waits.push(claim);
  }
  return { names: new Map(), waits, holds: [] };
}

function claimOf(thread: ThreadDump, wait: ThreadWait): WaitClaim | undefined {
  const base = {
    source: 'memory',
    tid: thread.tid,
    evidence: 'read',
    frame: tellingFrame(thread.frames),
    ...(wait.ownerTid === undefined ? {} : { ownerTid: wait.ownerTid }),
    ...(wait.ownerDead === undefined ? {} : { ownerDead: wait.ownerDead }),
  } as const;
  if (wait.kind === 'join') {
    return wait.ownerTid === undefined ? undefined : { ...base, resource: `thread:${wait.ownerTid}` };
  }
  const kind = lockKinds[wait.kind];
  if (kind === undefined || wait.address === undefined) return undefined;
  return { ...base, resource: `${kind}:${wait.address}`, address: wait.address };
}
