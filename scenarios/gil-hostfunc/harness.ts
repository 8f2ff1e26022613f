/**
 * The scenario on a real Node: the JS thread is the runtime lock, a callback on a stream goes through a thread-safe
 * function and waits for its result. Started by the supervisor with its configuration in KVTOOL_HARNESS.
 */
import { type BusEvent, counterKind, loadNative, type NativeGilHostfunc } from '../../src/native.js';
import type { Path } from '../../src/scenario/manifest.js';
import { ownPartiesOf } from './own-parties.js';

interface Configuration {
  variant: string;
  path: Path;
  flight: string;
  iterations: number;
  durationMs: number;
  parameters: Record<string, number | string>;
}

const eventTypes = ['kv.store.start', 'kv.store.end'] as const;
const jsThread = 'runtime-lock:JS thread';
const warmUpRequests = 20;
const heartbeatMs = 100;

const configurationText = process.env.KVTOOL_HARNESS;
if (configurationText === undefined) throw new Error('KVTOOL_HARNESS is not set: kvtool starts this program');
const configuration = JSON.parse(configurationText) as Configuration;
const { variant, parameters } = configuration;
const lockKept = parameters['runtime-lock'] === 'held';

const native = loadNative();
const flight = new native.Flight(configuration.flight);
flight.bindJsThread('JS thread', jsThread);

const waitingCallbacks = new Map<
  number,
  { type: string; session: string; metadata: Record<string, number | boolean> }
>();
let nextCallback = 0;

/** What `launch_host_func(self.publish, event)` is in LMCache: the publisher's own code, run for the driver. */
function onStream(id: number, stampNs: bigint): void {
  if (own?.onStream?.(id)) return;
  const event = waitingCallbacks.get(id);
  if (event === undefined) return;
  waitingCallbacks.delete(id);
  world.bus.publish(event.type, event.session, { ...event.metadata, stampNs });
}

const world: NativeGilHostfunc = new native.GilHostfunc(flight, configurationText, onStream);
const own = ownPartiesOf(variant, { world, parameters, lockKept, nextCallback: () => ++nextCallback });

function onEvent(event: BusEvent): void {
  // From the host function's start on the stream: on the callback path that includes the wait for the JS thread.
  const stamp = event.metadata.stampNs;
  const began = typeof stamp === 'bigint' || typeof stamp === 'number' ? BigInt(stamp) : event.monotonicNs;
  const took = process.hrtime.bigint() - began;
  flight.count('deliver.count', counterKind.gauge, 1);
  if (configuration.path === 'gpu-stamp') flight.raise('stamp.max-error-ns', event.errorNs);
  flight.count('deliver.ns', counterKind.gauge, Number(took > 0n ? took : 0n));
  flight.count('events.delivered', counterKind.progress, 1);
}

/** How each of a request's callsites publishes. */
function callsites(): Path[] {
  if (variant === 'mutex-then-gil') return []; // no event takes part; a callback would be a third party
  if (variant === 'one-callsite-left') {
    const left = Array<Path>(Number(parameters['runtime-callsites'])).fill('callback');
    return [...Array<Path>(Number(parameters['native-callsites'])).fill(configuration.path), ...left];
  }
  return Array<Path>(Number(parameters['publishes-per-request'])).fill(configuration.path);
}

function countScheduled(publishNs: bigint): void {
  flight.count('events.scheduled', counterKind.gauge, 1);
  flight.count('publish.count', counterKind.gauge, 1);
  flight.count('publish.ns', counterKind.gauge, Number(publishNs));
}

function rememberCallback(worker: number, type: string, session: string): number {
  const id = ++nextCallback;
  waitingCallbacks.set(id, { type, session, metadata: metadataOf(worker) });
  return id;
}

function metadataOf(worker: number): Record<string, number | boolean> {
  return { worker, hit: true, chunks: 1 };
}

function publish(worker: number, type: string, session: string, path: Path): void {
  const began = process.hrtime.bigint();
  const status = publishOn[path](worker, type, session);
  const took = process.hrtime.bigint() - began;
  if (status === 0) countScheduled(took);
  else flight.count('events.lost', counterKind.gauge, 1);
}

const publishOn: Record<Path, (worker: number, type: string, session: string) => number> = {
  callback: (worker, type, session) => world.launchCallback(worker, rememberCallback(worker, type, session)),
  recorder: (worker, type, session) =>
    world.bus.publishOnStream(world.stream(worker), type, session, metadataOf(worker)),
  'gpu-stamp': (worker, type, session) =>
    world.bus.publishStamped(world.stream(worker), type, session, metadataOf(worker)),
};

function eventType(index: number): string {
  return eventTypes[index % 2 === 0 ? 0 : 1];
}

/** A request's driver calls on the JS thread: the runtime lock is kept round each. */
function request(worker: number, session: string): void {
  world.beginRequest(worker);
  for (const [index, path] of callsites().entries()) publish(worker, eventType(index), session, path);
  world.endPublish(worker);
}

/** The same with the lock dropped: off the JS thread. Only callbacks need it, the recorder never waits for JS. */
async function requestOffThread(worker: number, session: string): Promise<void> {
  const began = process.hrtime.bigint();
  const ids = callsites().map((_, index) => rememberCallback(worker, eventType(index), session));
  await world.requestAsync(worker, ids);
  const took = process.hrtime.bigint() - began;
  for (const _ of ids) countScheduled(took / BigInt(ids.length));
}

async function makeRequest(worker: number, number: number): Promise<void> {
  const session = `worker-${worker}-request-${number}`;
  const offThread = !lockKept || own?.publishesOffThread === true;
  if (offThread && configuration.path === 'callback') return requestOffThread(worker, session);
  // The lock has *every* driver call that keeps the JS thread inside, the publishers' too, but for what it leaves out.
  if (variant === 'widened-lock' || variant === 'set-device-outside')
    return transferLock.around(() => request(worker, session));
  request(worker, session);
}

/** The lock that LMCache pull request 2823 widened, as an asynchronous lock: waiting for it frees the JS thread. */
class AsyncLock {
  private held = false;
  private readonly waiting: (() => void)[] = [];

  /** Runs `section` at once when the lock is free, else in its turn. */
  async around(section: () => Promise<void> | void): Promise<void> {
    if (this.held) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.held = true;
    try {
      await section();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.held = false;
      else next(); // handed over: it stays held
    }
  }
}
const transferLock = new AsyncLock();

async function enter(): Promise<void> {
  if (lockKept) world.enter();
  else await world.enterAsync();
}

/** Everybody but the publisher, for one request. Starts the launcher on its own thread, then plays the entrant. */
async function otherParties(): Promise<void> {
  if (own !== undefined) return own.act();
  switch (variant) {
    case 'launch-under-gil':
      if (lockKept) world.blockingCall();
      else await world.blockingCallAsync();
      return;
    case 'destructor-syncs':
      world.createEvents();
      if (lockKept) world.destroyEvents();
      else await world.destroyEventsAsync();
      return;
    case 'mutex-then-gil': {
      const guarded = world.guardedCallAsync(lockKept);
      if (world.awaitHolder()) {
        world.arrive();
        if (lockKept) {
          world.lockMutex();
          world.unlockMutex();
        } else {
          await world.guardedEntryAsync();
        }
        world.entrantDone();
      }
      await guarded;
      return;
    }
    case 'widened-lock': {
      const launched = transferLock.around(() => world.blockingCallAsync());
      await world.awaitHolderAsync(); // the launcher may still be waiting for the lock, and so for the JS thread
      world.arrive();
      await transferLock.around(enter);
      await launched;
      return;
    }
    case 'set-device-outside': {
      const launched = transferLock.around(() => world.blockingCallAsync());
      await world.awaitHolderAsync();
      await enter(); // the call that the lock leaves out
      await launched;
      return;
    }
    default: {
      const launched = world.blockingCallAsync();
      if (world.awaitHolder()) await enter();
      await launched;
    }
  }
}

async function publisher(worker: number): Promise<void> {
  const deadline =
    configuration.durationMs > 0 ? Date.now() + configuration.durationMs : Number.POSITIVE_INFINITY;
  for (let number = 0; number < configuration.iterations && Date.now() < deadline; number++) {
    await makeRequest(worker, number);
    if (worker === 0) await otherParties();
    await world.settleAsync(worker);
  }
  if (worker === 0) await own?.end?.();
}

async function run(): Promise<void> {
  for (const type of eventTypes) world.bus.subscribe(type, onEvent);
  world.bus.start();
  for (let number = 0; number < warmUpRequests; number++) {
    await makeRequest(0, number);
    await world.settleAsync(0);
  }
  let before = process.hrtime.bigint();
  const heartbeat = setInterval(() => {
    const now = process.hrtime.bigint();
    flight.count('heartbeat', counterKind.heartbeat, 1);
    flight.raise('heartbeat.max-gap-ns', Number(now - before));
    before = now;
  }, heartbeatMs);
  world.release();
  flight.running();
  const workers = Array.from({ length: Number(parameters.workers) }, (_, worker) => publisher(worker));
  await Promise.all(workers);
  clearInterval(heartbeat);
  await world.bus.stop(5000);
  const { lost, unknownType, subscriberThrew } = world.bus.stats();
  flight.count('events.lost', counterKind.gauge, lost + unknownType + subscriberThrew);
  flight.finished();
}

try {
  await run();
  native.exitNow(0);
} catch (error) {
  flight.failed(error instanceof Error ? error.message : String(error));
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  native.exitNow(1);
}
