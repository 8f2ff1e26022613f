/**
 * Locks in memory that several processes share. The snapshot of one process knows the waiter but not an owner that
 * lives elsewhere; here its owner is read, and the memory is named so that waits of two processes can be compared.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { ProcessDump, ThreadWait } from '../diagnosis/process-dump.js';
import { readInTime, readProcessStatus, threadInNamespaceOf } from './proc.js';

interface Mapping {
  start: bigint;
  end: bigint;
  isShared: boolean;
  offset: bigint;
  /** `<device>:<inode>`. */
  object: string;
}

/** Offset of the owner's thread id, by glibc since 2.25 on 64 bits: `__owner`, `__cur_writer`. */
const ownerAt: Partial<Record<ThreadWait['kind'], bigint>> = {
  mutex: 8n,
  'rwlock-read': 24n,
  'rwlock-write': 24n,
};
const futexKinds: ReadonlySet<ThreadWait['kind']> = new Set<ThreadWait['kind']>([
  'mutex',
  'rwlock-read',
  'rwlock-write',
  'condvar',
  'semaphore',
  'futex',
]);

/** Completes the waits of `dump`, a live process. What cannot be read stays as it is; never throws. */
export async function readSharedLocks(dump: ProcessDump): Promise<void> {
  const waits = dump.threads.flatMap(({ wait }) =>
    wait?.address !== undefined && futexKinds.has(wait.kind) ? [{ wait, address: BigInt(wait.address) }] : [],
  );
  if (waits.length === 0) return;
  const mappings = parseMappings((await readInTime(`/proc/${dump.pid}/maps`)) ?? '');
  const memory = await open(`/proc/${dump.pid}/mem`).catch(() => undefined);
  try {
    for (const { wait, address } of waits) {
      const mapping = mappings.find((each) => address >= each.start && address < each.end);
      if (!mapping?.isShared) continue;
      wait.shared = `${mapping.object}+0x${(address - mapping.start + mapping.offset).toString(16)}`;
      const at = ownerAt[wait.kind];
      if (at === undefined || wait.ownerTid !== undefined || memory === undefined) continue;
      const owner = await readThreadId(memory, address + at);
      if (owner !== undefined) await setOwner(dump, wait, owner);
    }
  } finally {
    await memory?.close();
  }
}

/** Lines of /proc/PID/maps; those that are none are left out. */
export function parseMappings(text: string): Mapping[] {
  const line = /^([0-9a-f]+)-([0-9a-f]+) ...(s|p) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)/gm;
  return [...text.matchAll(line)].map(([, start, end, kind, offset, device, inode]) => ({
    start: BigInt(`0x${start}`),
    end: BigInt(`0x${end}`),
    isShared: kind === 's',
    offset: BigInt(`0x${offset}`),
    object: `${device}:${inode}`,
  }));
}

async function readThreadId(memory: FileHandle, address: bigint): Promise<number | undefined> {
  const word = Buffer.alloc(4);
  try {
    // In /proc/PID/mem the position is the address. As a bigint, Node 20 hands a wrong one to the kernel.
    const { bytesRead } = await memory.read(word, 0, 4, Number(address));
    const id = word.readInt32LE();
    return bytesRead === 4 && id > 0 ? id : undefined;
  } catch {
    return undefined;
  }
}

/** The owner wrote its number of its own PID namespace; whoever shares memory nearly always shares that as well. */
async function setOwner(dump: ProcessDump, wait: ThreadWait, owner: number): Promise<void> {
  const waiter = await readProcessStatus(dump.pid);
  if (waiter === undefined) return;
  const isNested = waiter.namespaceIds.length > 1;
  const tid = isNested ? await threadInNamespaceOf(dump.pid, owner) : owner;
  const status = tid === undefined ? undefined : await readProcessStatus(tid);
  if (tid === undefined || status === undefined) {
    // In a namespace of its own it may live in another one.
    if (!isNested) wait.ownerDead = true;
    return;
  }
  wait.ownerTid = tid;
  if (status.processId !== dump.pid) wait.ownerPid = status.processId;
}
