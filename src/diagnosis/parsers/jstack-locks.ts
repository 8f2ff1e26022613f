/** Who waits for whom in a Java dump: monitors and synchronizers, as far as the dump shows their owners. */
import type { ThreadWait } from '../process-dump.js';
import { between, tidyAddress } from './scan.js';
import type { ThreadDraft } from './thread-draft.js';

type WaitKind = ThreadWait['kind'];

export class JavaLocks {
  /** `Found one Java-level deadlock`: the owner by the waiter's name. */
  readonly #ownerNames = new Map<string, string>();
  #waiter = '';

  /** A line below a frame: `- locked <0x00000006> (a java.lang.Object)`. */
  take(body: string, thread: ThreadDraft, sourceLine: number): boolean {
    const address = addressIn(body);
    const type = between(body, '(a ', ')');
    if (address === undefined) return /^- (?:None|locked|waiting|parking|eliminated)/.test(body);
    const lock = { address, ...(type === undefined ? {} : { type }), sourceLine };
    const waits = waitKind(body, type ?? '');
    if (waits !== undefined) thread.wait ??= { kind: waits, ...lock };
    // Object.wait() has given up the monitor that the dump shows as locked further out.
    else if (body.startsWith('- locked ') && thread.wait?.address !== address) {
      thread.holds.push({ kind: 'monitor', ...lock });
    } else if (body.startsWith('- <')) thread.holds.push({ kind: 'synchronizer', ...lock });
    return true;
  }

  /** Inside of the section on deadlocks. */
  takeDeadlock(body: string): boolean {
    const waiter = /^"(.*)":$/.exec(body);
    if (waiter?.[1] !== undefined) this.#waiter = waiter[1];
    const owner = /^which is held by "(.*)"$/.exec(body);
    if (owner?.[1] !== undefined && this.#ownerNames.size < 10_000)
      this.#ownerNames.set(this.#waiter, owner[1]);
    return waiter !== null || owner !== null || /^waiting (?:to lock|for ownable)/.test(body);
  }

  resolve(threads: readonly ThreadDraft[]): void {
    const owners = new Map<string, number>();
    for (const thread of threads) {
      for (const lock of thread.holds) if (lock.address !== undefined) owners.set(lock.address, thread.tid);
    }
    const byName = new Map(threads.map((thread) => [thread.name, thread.tid]));
    for (const thread of threads) {
      const wait = thread.wait;
      if (wait?.address === undefined) continue;
      const isLock = wait.kind === 'mutex' || wait.kind === 'rwlock-write' || wait.kind === 'rwlock-read';
      const named = byName.get(this.#ownerNames.get(thread.name) ?? '');
      const owner = named ?? (isLock ? owners.get(wait.address) : undefined);
      if (owner !== undefined && owner !== thread.tid) wait.ownerTid = owner;
    }
  }
}

function addressIn(body: string): string | undefined {
  const found = /<(0x[0-9a-f]+)>/.exec(body);
  return found?.[1] === undefined ? undefined : tidyAddress(found[1]);
}

function waitKind(body: string, type: string): WaitKind | undefined {
  if (/^- waiting to (?:lock|re-lock)/.test(body)) return 'mutex';
  if (body.startsWith('- waiting on ')) return 'condvar';
  if (!body.startsWith('- parking to wait for ')) return undefined;
  if (type.includes('ReentrantReadWriteLock$')) return 'rwlock-write';
  if (type.includes('ReentrantLock$')) return 'mutex';
  if (type.includes('$ConditionObject')) return 'condvar';
  if (/Semaphore\$|CountDownLatch\$/.test(type)) return 'semaphore';
  return 'other';
}
