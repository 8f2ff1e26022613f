/**
 * The only door to the addon. Loaded in harness children and tests, never by a supervisor: native calls may block for
 * ever, which is what they are there to show.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Abort } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { packageRoot } from './package-root.js';

export const counterKind = { progress: 1, heartbeat: 2, gauge: 3 } as const;

/** Every type that event metadata keeps: integers beyond 2^53 are bigint, objects and arrays are nested JSON. */
export type MetadataValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | MetadataValue[]
  | { [key: string]: MetadataValue };
export type Metadata = Record<string, MetadataValue>;

export interface BusEvent {
  type: string;
  session: string;
  /** Wall clock, nanoseconds since the epoch. */
  timestampNs: bigint;
  /** CLOCK_MONOTONIC, nanoseconds; the clock of process.hrtime. */
  monotonicNs: bigint;
  /** How far both may be off because a GPU's clock told them; 0: the host's own did. */
  errorNs: number;
  metadata: Metadata;
}

export interface BusStats {
  published: number;
  delivered: number;
  lost: number;
  unknownType: number;
  subscriberThrew: number;
}

export interface NativeFlight {
  running(): void;
  finished(): void;
  failed(message: string): void;
  count(name: string, kind: number, amount: number): void;
  /** Every party is in its hazardous position right now. */
  windowOpened(): void;
  raise(name: string, value: number): void;
  /** Binds the calling (JS) thread's lock line; it holds `runtimeLock` from now on: a JS thread *is* the lock. */
  bindJsThread(name: string, runtimeLock: string): void;
}

export interface NativeDevice {
  createStream(): number;
  synchronizeStream(stream: number): Promise<void>;
  /** Every `every`-th launch of a host function fails; 0 switches it off. For tests. */
  failLaunches(every: number): void;
}

export interface NativeEventBus {
  declare(type: string): void;
  /** Subscribers run on the JS thread; one that throws is counted and stops nobody else. */
  subscribe(type: string, subscriber: (event: BusEvent) => void): void;
  start(): void;
  /** 0, or the device status why the event was refused; the bus has counted it. */
  publish(type: string, session: string, metadata: Metadata): number;
  /** By a native host function on the stream. */
  publishOnStream(stream: number, type: string, session: string, metadata: Metadata): number;
  /** Makes `publishStamped` work; before `start`. Throws when the device cannot stamp. */
  useStamps(): void;
  /** By a stamp of the GPU: no host function. */
  publishStamped(stream: number, type: string, session: string, metadata: Metadata): number;
  /** Synchronises with what is in flight for at most `timeoutMs`, then closes: what comes later is discarded. */
  stop(timeoutMs: number): Promise<void>;
  stats(): BusStats;
}

/** The sections of scenario gil-hostfunc. Plain calls keep the JS thread; `…Async` run on a thread of their own. */
export interface NativeGilHostfunc {
  readonly bus: NativeEventBus;
  stream(worker: number): number;
  release(): void;
  beginRequest(worker: number): void;
  launchCallback(worker: number, id: number): number;
  /** A whole request off the JS thread: kernel, copy and one callback for each id. */
  requestAsync(worker: number, ids: number[]): Promise<void>;
  endPublish(worker: number): void;
  settleAsync(worker: number): Promise<void>;
  close(): void;
  /** Blocks the JS thread until the holder of the pending request waits in the driver; false when the run is over. */
  awaitHolder(): boolean;
  /** The same without the JS thread. */
  awaitHolderAsync(): Promise<void>;
  arrive(): void;
  blockingCall(): void;
  blockingCallAsync(): Promise<void>;
  enter(): void;
  enterAsync(): Promise<void>;
  createEvents(): void;
  destroyEvents(): void;
  destroyEventsAsync(): Promise<void>;
  lockMutex(): void;
  unlockMutex(): void;
  entrantDone(): void;
  /** Locks M, makes the driver call, with `retake` waits for the JS thread while it still holds M, unlocks M. */
  guardedCallAsync(retake: boolean): Promise<void>;
  /** Locks and unlocks M on a thread of its own. */
  guardedEntryAsync(): Promise<void>;
  /** wait-under-lock: blocks the JS thread until the response of the pending request is there. */
  awaitResponse(): void;
  awaitResponseAsync(): Promise<void>;
  /** The response thread, once: runs `onStream` with id 0 on the JS thread and completes the response. */
  respondAsync(): Promise<void>;
  /** unmap-waits-forever: maps a client's segment, behind whose event a stream waits. */
  mapSegment(): void;
  unmapSegment(): void;
  /** Maps, synchronises and unmaps on a thread of its own. */
  reapAsync(): Promise<void>;
  /** All other work is done: counts memory that nobody will give back. */
  auditSegments(): void;
  /** callable-lifetime: a pointer to an object that JS has just made. */
  makeCallable(): number;
  callableFreed(pointer: number): void;
  /** Whether it is still there; counted when not. */
  useCallable(pointer: number): boolean;
  /** Waits for another to drop its reference, then launches the callback `id` and fills the queue behind it. */
  enqueueCallableAsync(id: number): Promise<void>;
}

export interface NativeAddon {
  /** Ends the process at once, without finalizers: they would wait for threads that a failed run left blocked. */
  exitNow(code: number): never;
  Flight: new (path: string) => NativeFlight;
  SimDevice: new (flight: NativeFlight | null, model: string) => NativeDevice;
  EventBus: new (device: NativeDevice, capacity: number) => NativeEventBus;
  GilHostfunc: new (
    flight: NativeFlight,
    configJson: string,
    /** Runs on the JS thread while the driver's host-function thread waits for it. */
    onStream: (id: number, stampNs: bigint) => void,
  ) => NativeGilHostfunc;
}

/** Loads the addon. Throws an Abort that says what was found and what to do when it cannot be loaded. */
export function loadNative(): NativeAddon {
  const file = `${packageRoot}/build/Release/kvtool.node`;
  if (!existsSync(file)) {
    throw new Abort(`the native addon is missing: expected ${file}`, exitCodes.unavailable, [
      'npm run build:native',
    ]);
  }
  try {
    return createRequire(import.meta.url)(file) as NativeAddon;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Abort(
      `the native addon does not load: ${reason}. Found Node ${process.versions.node} (Node-API ${process.versions.napi}); ` +
        'it needs Node-API 9, that is Node 20.17 or later',
      exitCodes.unavailable,
      [
        'npm run build:native',
        'check that it was built on this machine: its libc and architecture must match',
      ],
    );
  }
}
