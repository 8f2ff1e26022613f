/** What the parties of a variant do, where it has some of its own beside the publisher. */
import type { NativeGilHostfunc } from '../../src/native.js';

export interface OwnParties {
  /** Every driver call of a publisher drops the JS thread: one of these parties may wait in the driver off it. */
  publishesOffThread?: boolean;
  /** Everybody but the publisher, for one request of worker 0 that is pending. */
  act(): Promise<void>;
  /** The code of a callback that is theirs; false for others. */
  onStream?(id: number): boolean;
  /** Worker 0 is done. */
  end?(): Promise<void>;
}

export interface Setting {
  world: NativeGilHostfunc;
  parameters: Readonly<Record<string, number | string>>;
  /** The call under study keeps the JS thread. */
  lockKept: boolean;
  nextCallback: () => number;
}

/** The caller waits for a future that only code of the runtime can complete. */
function waitUnderLock({ world, lockKept }: Setting): OwnParties {
  return {
    async act() {
      const responded = world.respondAsync();
      if (lockKept) world.awaitResponse();
      else await world.awaitResponseAsync();
      await responded;
    },
  };
}

/** A reaper unmaps the memory of a client that died before it recorded its event. */
function unmapWaitsForever({ world, lockKept }: Setting): OwnParties {
  let reaping: Promise<void> | undefined;
  return {
    // Synchronous with the lock kept; else the reaper has a thread of its own, and whether it comes back is the question.
    async act() {
      if (lockKept) {
        world.mapSegment();
        world.unmapSegment();
        return;
      }
      reaping ??= world.reapAsync().finally(() => {
        reaping = undefined;
      });
    },
    async end() {
      world.auditSegments();
      world.close();
      await reaping;
    },
  };
}

/** A function of JavaScript behind a handle that native code and JavaScript count references of. */
class Handle {
  readonly pointer: number;
  #references = 1;
  constructor(private readonly world: NativeGilHostfunc) {
    this.pointer = world.makeCallable();
  }
  own(): void {
    this.#references++;
  }
  drop(): void {
    if (--this.#references === 0) this.world.callableFreed(this.pointer);
  }
}

/**
 * JavaScript lets the handle of a callable go while a native thread still has it: what dropping the lock too early is
 * where the JS thread is the lock. A binding that owns the handle takes its reference before it leaves the JS thread.
 */
function callableLifetime({ world, parameters, nextCallback }: Setting): OwnParties {
  const { binding } = parameters;
  const enqueued = new Map<number, Handle>();
  return {
    publishesOffThread: binding !== 'keeps',
    async act() {
      const handle = new Handle(world);
      const id = nextCallback();
      enqueued.set(id, handle);
      if (binding !== 'drops-at-once') handle.own();
      if (binding === 'keeps') {
        world.launchCallback(0, id);
        world.blockingCall();
        handle.drop();
        return;
      }
      const launched = world.enqueueCallableAsync(id);
      await world.awaitHolderAsync();
      handle.drop(); // the application's own reference
      world.arrive();
      world.entrantDone();
      await launched;
    },
    onStream(id) {
      const handle = enqueued.get(id);
      if (handle === undefined) return false;
      enqueued.delete(id);
      if (world.useCallable(handle.pointer) && binding !== 'drops-at-once') handle.drop();
      return true;
    },
  };
}

const ownParties: Readonly<Record<string, (setting: Setting) => OwnParties>> = {
  'wait-under-lock': waitUnderLock,
  'unmap-waits-forever': unmapWaitsForever,
  'callable-lifetime': callableLifetime,
};

/** Undefined for a variant without. */
export function ownPartiesOf(variant: string, setting: Setting): OwnParties | undefined {
  return ownParties[variant]?.(setting);
}
