/** The recorder and the bus as JavaScript sees them: the defects of the original, one test each. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type BusEvent,
  loadNative,
  type Metadata,
  type NativeDevice,
  type NativeEventBus,
} from '../../src/native.js';

const native = loadNative();
let device: NativeDevice;
let bus: NativeEventBus;
let stream: number;
let seen: BusEvent[];

function newBus(capacity = 0): NativeEventBus {
  const made = new native.EventBus(device, capacity);
  made.declare('work.done');
  return made;
}

beforeEach(() => {
  device = new native.SimDevice(null, '580-cuda13');
  stream = device.createStream();
  bus = newBus();
  seen = [];
  bus.subscribe('work.done', (event) => seen.push(event));
  bus.start();
});

async function roundTrip(metadata: Metadata): Promise<Metadata> {
  expect(bus.publishOnStream(stream, 'work.done', 'session', metadata)).toBe(0);
  await bus.stop(5000);
  return seen[0]?.metadata ?? {};
}

describe('B3 bool-metadata: what comes out has the type that went in', () => {
  it.each<[string, Metadata[string]]>([
    ['true', true],
    ['false', false],
    ['an integer', 42],
    ['zero', 0],
    ['a negative integer', -7],
    ['a float', 0.5],
    ['null', null],
    ['a string', 'text'],
    ['an integer beyond 63 bits', 2n ** 64n],
    ['a negative integer beyond 63 bits', -(2n ** 70n)],
    ['an array', [1, 'two', [true]]],
    ['an object', { nested: { deep: null } }],
  ])('%s', async (_, value) => {
    expect(await roundTrip({ value })).toEqual({ value });
  });

  it('a bool is not an integer', async () => {
    const { value } = await roundTrip({ value: true });
    expect(typeof value).toBe('boolean');
  });
});

describe('stamps of the GPU', () => {
  it('brings the event with the error of its time, and uses no host function', async () => {
    const stamped = newBus();
    const got: BusEvent[] = [];
    stamped.subscribe('work.done', (event) => got.push(event));
    stamped.useStamps();
    stamped.start();
    device.failLaunches(1); // of host functions
    const before = process.hrtime.bigint();
    expect(stamped.publishStamped(stream, 'work.done', 's', { worker: 1 })).toBe(0);
    await stamped.stop(5000);
    device.failLaunches(0);
    expect(got).toHaveLength(1);
    const [event] = got;
    expect(event).toMatchObject({ session: 's', metadata: { worker: 1 } });
    expect(event?.errorNs).toBeGreaterThan(0);
    const error = BigInt(event?.errorNs ?? 0);
    expect((event?.monotonicNs ?? 0n) + error).toBeGreaterThanOrEqual(before);
    expect((event?.monotonicNs ?? 0n) - error).toBeLessThanOrEqual(process.hrtime.bigint());
    expect(stamped.stats()).toMatchObject({ published: 1, delivered: 1, lost: 0 });
  });

  it('are refused and counted on a bus that was not told to use them', async () => {
    expect(bus.publishStamped(stream, 'work.done', 's', {})).toBe(801);
    await bus.stop(5000);
    expect(bus.stats()).toMatchObject({ published: 1, delivered: 0, lost: 1 });
  });
});

describe('B1 launch-unchecked', () => {
  it('returns the status and counts the loss', async () => {
    device.failLaunches(1);
    expect(bus.publishOnStream(stream, 'work.done', 's', {})).not.toBe(0);
    device.failLaunches(0);
    expect(bus.publishOnStream(stream, 'work.done', 's', {})).toBe(0);
    await bus.stop(5000);
    expect(seen).toHaveLength(1);
    expect(bus.stats()).toMatchObject({ published: 2, delivered: 1, lost: 1 });
  });
});

describe('B2 shared-recorder', () => {
  it('two buses on one device get their own events only', async () => {
    const other = newBus();
    const otherSeen: BusEvent[] = [];
    other.subscribe('work.done', (event) => otherSeen.push(event));
    other.start();
    for (let i = 0; i < 50; i++) {
      bus.publishOnStream(stream, 'work.done', 'first', {});
      other.publishOnStream(stream, 'work.done', 'second', {});
    }
    await Promise.all([bus.stop(5000), other.stop(5000)]);
    expect(seen.map((event) => event.session)).toEqual(Array(50).fill('first'));
    expect(otherSeen.map((event) => event.session)).toEqual(Array(50).fill('second'));
  });
});

describe('B4 drain-thread-dies', () => {
  it('an unknown type is counted and the batch goes on', async () => {
    bus.publishOnStream(stream, 'work.done', '1', {});
    bus.publishOnStream(stream, 'never declared', '2', {});
    bus.publishOnStream(stream, 'work.done', '3', {});
    await bus.stop(5000);
    expect(seen.map((event) => event.session)).toEqual(['1', '3']);
    expect(bus.stats().unknownType).toBe(1);
  });

  it('a subscriber that throws is counted and stops nobody else', async () => {
    bus.subscribe('work.done', () => {
      throw new Error('subscriber');
    });
    for (let i = 0; i < 10; i++) bus.publishOnStream(stream, 'work.done', String(i), {});
    await bus.stop(5000);
    expect(seen).toHaveLength(10);
    expect(bus.stats()).toMatchObject({ delivered: 10, subscriberThrew: 10, lost: 0 });
  });
});

describe('B5 cap-bypassed', () => {
  it('refuses what does not fit and counts it', async () => {
    const small = newBus(4);
    const statuses = Array.from({ length: 10 }, () => small.publish('work.done', 's', {}));
    expect(statuses.filter((status) => status === 0)).toHaveLength(4);
    small.start();
    await small.stop(5000);
    expect(small.stats()).toMatchObject({ published: 10, delivered: 4, lost: 6 });
  });
});

describe('order and stamps', () => {
  it('events of one stream arrive in order with stamps that never go back', async () => {
    for (let i = 0; i < 100; i++) bus.publishOnStream(stream, 'work.done', String(i), {});
    await bus.stop(5000);
    expect(seen.map((event) => Number(event.session))).toEqual(Array.from({ length: 100 }, (_, i) => i));
    for (let i = 1; i < seen.length; i++) {
      expect(seen[i]?.timestampNs).toBeGreaterThanOrEqual(seen[i - 1]?.timestampNs ?? 0n);
    }
  });

  it('publishing after stop is refused', async () => {
    await bus.stop(5000);
    expect(bus.publish('work.done', 's', {})).not.toBe(0);
    expect(bus.stats().lost).toBe(1);
  });
});

describe('bad input', () => {
  it('an undeclared type cannot be subscribed to', () => {
    expect(() => bus.subscribe('nobody', () => {})).toThrow('event type not declared: nobody');
  });

  it('an unknown driver model is refused', () => {
    expect(() => new native.SimDevice(null, '999')).toThrow('unknown driver model 999');
  });

  it('metadata that is not data is refused', () => {
    expect(() => bus.publish('work.done', 's', { f: (() => {}) as unknown as null })).toThrow('plain data');
  });
});
