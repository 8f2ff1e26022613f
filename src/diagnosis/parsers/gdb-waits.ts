/** Joins what the stacks of one stop show (which lock a thread waits for) with what was printed beside them (its owner). */
import type { GdbValues } from './gdb-values.js';
import { nativeWait } from './native-wait.js';
import type { ProcessDraft } from './process-draft.js';
import type { ThreadDraft } from './thread-draft.js';

/** `rdi`: the register of that name, in which a system call on a lock has the lock's address. */
export function setWait(thread: ThreadDraft, rdi: string | undefined): void {
  const wait = nativeWait(thread.frames());
  if (wait === undefined) return;
  if (wait.kind === 'mutex' && wait.address === undefined && rdi !== undefined) wait.address = rdi;
  thread.wait = wait;
}

export function setOwners(process: ProcessDraft, values: GdbValues): void {
  const addresses = new Map(values.addresses);
  const byPthread = new Map(process.threads.map((thread) => [thread.pthread, thread.tid]));
  for (const { wait } of process.threads) {
    if (wait?.address === undefined) continue;
    if (wait.symbol !== undefined) addresses.set(wait.symbol, wait.address);
    const joined = wait.kind === 'join' ? joinedThread(wait.address, byPthread) : undefined;
    if (joined !== undefined) wait.ownerTid = joined;
  }
  for (const { of, ownerTid, tid, sourceLine } of values.locks) {
    const selected = of.isRegister && tid !== undefined ? process.thread(tid)?.wait?.address : undefined;
    const address = of.address ?? addresses.get(of.symbol ?? '') ?? selected;
    if (address !== undefined) process.printedOwners.push({ address, ownerTid, sourceLine });
    else process.lack(`Line ${sourceLine} prints a lock that thread ${ownerTid} holds, but not its address.`);
  }
  const owners = new Map(process.printedOwners.map((each) => [each.address, each.ownerTid]));
  const sayings = new Map(values.waits.map((each) => [each.waiter, each]));
  for (const thread of process.threads) {
    const said = sayings.get(thread.tid);
    const owner = owners.get(thread.wait?.address ?? '') ?? said?.owner;
    if (owner === undefined || owner === thread.tid) continue;
    thread.wait ??= { kind: 'mutex' };
    if (said?.address !== undefined) thread.wait.address ??= said.address;
    thread.wait.ownerTid ??= owner;
    // Only locks have owners: the futex word was a mutex's.
    if (thread.wait.kind === 'futex') thread.wait.kind = 'mutex';
  }
}

/** glibc before 2.34 keeps the address of the thread's own id, inside of its descriptor, in the argument's register. */
const tidInDescriptor = 0x2d0n;

function joinedThread(
  address: string,
  byPthread: ReadonlyMap<string | undefined, number>,
): number | undefined {
  return byPthread.get(address) ?? byPthread.get(`0x${(BigInt(address) - tidInDescriptor).toString(16)}`);
}
