/** What a blocked thread's system call and the lock word behind it say: the strongest evidence of an owner. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import { tellingFrame, tellingPlace } from '../frames.js';
import type { LockRecord, ProcessDump, ThreadDump, ThreadWait } from '../process-dump.js';

type NamedKind = ThreadWait['kind'] | LockRecord['kind'];

/** Waits of other kinds (condition variables, semaphores, bare futexes) have no owner in memory. */
const lockKinds: Partial<Record<NamedKind, string>> = {
  mutex: 'mutex',
  rwlock: 'rwlock',
  'rwlock-read': 'rwlock',
  'rwlock-write': 'rwlock',
  gil: 'runtime-lock',
  'js-thread': 'runtime-lock',
  'runtime-lock': 'runtime-lock',
  'python-lock': 'python-lock',
  'python-rlock': 'python-lock',
  monitor: 'monitor',
  synchronizer: 'monitor',
};

export function memoryClaims(dump: ProcessDump): Claims {
  const names = namesOf(dump);
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  const hold = (tid: number, record: Lock): void => {
    const resource = resourceOf(record, names);
    if (resource === undefined) return;
    const line = record.sourceLine === undefined ? {} : { line: record.sourceLine };
    holds.push({ source: 'memory', tid, resource, evidence: 'read', ...line });
  };
  for (const thread of dump.threads) {
    const claim = thread.wait && claimOf(thread, thread.wait, names);
    if (claim !== undefined) waits.push(claim);
    for (const record of thread.holds ?? []) hold(thread.tid, record);
  }
  for (const owner of dump.printedOwners ?? []) hold(owner.ownerTid, { kind: 'mutex', ...owner });
  return { names: new Map(), waits, holds };
}

type Lock = Pick<LockRecord, 'name' | 'address' | 'symbol' | 'type' | 'sourceLine'> & { kind: NamedKind };

/** One lock has one name in the whole dump, however its waiters and its holder print it: a variable's name is best. */
function namesOf({ threads }: ProcessDump): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { wait, holds = [] } of threads) {
    for (const lock of [...(wait === undefined ? [] : [wait]), ...holds]) {
      const name = lock.symbol ?? lock.name ?? lock.type;
      if (lock.address !== undefined && name !== undefined && lockKinds[lock.kind] !== undefined) {
        names.set(lock.address, lock.symbol ?? lock.name ?? `${name} at ${lock.address}`);
      }
    }
  }
  return names;
}

function resourceOf(lock: Lock, names: ReadonlyMap<string, string>): string | undefined {
  const kind = lockKinds[lock.kind];
  const name = names.get(lock.address ?? '') ?? lock.symbol ?? lock.name ?? lock.address;
  if (kind === 'runtime-lock') return `${kind}:${lock.name ?? 'GIL'}`;
  return kind === undefined || name === undefined ? undefined : `${kind}:${name}`;
}

function claimOf(
  thread: ThreadDump,
  wait: ThreadWait,
  names: ReadonlyMap<string, string>,
): WaitClaim | undefined {
  const line = wait.sourceLine ?? tellingPlace(thread.frames)?.sourceLine;
  const base = {
    source: 'memory',
    tid: thread.tid,
    evidence: 'read',
    frame: tellingFrame(thread.frames),
    ...(line === undefined ? {} : { line }),
    ...(wait.ownerTid === undefined ? {} : { ownerTid: wait.ownerTid }),
    ...(wait.ownerDead === undefined ? {} : { ownerDead: wait.ownerDead }),
    ...(wait.waitingMs === undefined ? {} : { waitingMs: wait.waitingMs }),
  } as const;
  if (wait.kind === 'join') {
    return wait.ownerTid === undefined ? undefined : { ...base, resource: `thread:${wait.ownerTid}` };
  }
  const resource = resourceOf(wait, names);
  if (resource === undefined) return undefined;
  return { ...base, resource, ...(wait.address === undefined ? {} : { address: wait.address }) };
}
