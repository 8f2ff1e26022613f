/** Every lock of a process that somebody waits for or is known to have: who owns it, who wants it. */
import type { ProcessDump, ThreadWait } from '../diagnosis/process-dump.js';
import { labelOf } from '../diagnosis/thread-label.js';

export interface LockRow {
  lock: string;
  owner: string;
  waiters: string[];
}

const locks: ReadonlySet<ThreadWait['kind']> = new Set<ThreadWait['kind']>([
  'mutex',
  'rwlock-read',
  'rwlock-write',
  'gil',
  'python-lock',
  'python-rlock',
  'js-thread',
]);

/** Those that most threads wait for come first. */
export function lockRows(dump: ProcessDump): LockRow[] {
  const rows = new Map<string, LockRow>();
  const rowOf = (key: string, lock: string): LockRow => {
    const row = rows.get(key) ?? { lock, owner: 'recorded nowhere', waiters: [] };
    rows.set(key, row);
    return row;
  };
  const names = new Map(dump.threads.map((thread) => [thread.tid, `${labelOf(thread)} (tid ${thread.tid})`]));
  for (const thread of dump.threads) {
    for (const { kind, name, address } of thread.holds ?? []) {
      rowOf(name ?? address ?? kind, sayLock(kind, name, address)).owner = `${names.get(thread.tid)} [read]`;
    }
  }
  for (const { tid, wait } of dump.threads) {
    if (wait === undefined || !locks.has(wait.kind)) continue;
    const { kind, name, address, ownerTid, ownerPid, ownerDead } = wait;
    const row = rowOf(name ?? address ?? `of tid ${tid}`, sayLock(kind, name, address));
    if (ownerTid !== undefined) {
      const process = ownerPid === undefined ? '' : ` of process ${ownerPid}`;
      row.owner = `${names.get(ownerTid) ?? `tid ${ownerTid}`}${process} [read]`;
    } else if (ownerDead) row.owner = 'a thread that no longer exists [read]';
    row.waiters.push(names.get(tid) ?? String(tid));
  }
  return [...rows.values()].sort((a, b) => b.waiters.length - a.waiters.length);
}

function sayLock(kind: string, name?: string, address?: string): string {
  if (name !== undefined) return name;
  return [kind.replace(/^rwlock-.*/, 'rwlock'), address].filter((part) => part !== undefined).join(' ');
}
