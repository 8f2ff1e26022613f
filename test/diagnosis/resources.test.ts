import { describe, expect, it } from 'vitest';
import { isLibcLock, parseResource, sayHolds, sayWaits } from '../../src/diagnosis/resources.js';

describe('resources in words', () => {
  it.each([
    ['runtime-lock:GIL', 'holds the GIL', 'the GIL'],
    ['runtime-lock:JS thread', 'holds the JS thread', 'the JS thread'],
    ['driver-lock:W', 'holds the launch lock (W) of the driver', 'the launch lock (W) of the driver'],
    ['device:idle', 'keeps the device busy', 'the device to be idle'],
    ['device:host-functions', 'occupies the host-function executor', 'the host-function executor'],
    ['stream:3', 'keeps stream 3 busy', 'the work of stream 3'],
    ['event:7', 'must complete event 7', 'event 7'],
    ['mutex:M', 'holds mutex M', 'mutex M'],
    ['thread:12', 'has not ended', 'thread 12 to end'],
    ['pool:blocks', 'holds pool:blocks', 'pool:blocks'],
    ['nameless', 'holds nameless', 'nameless'],
  ])('%s', (resource, holds, waits) => {
    expect([sayHolds(resource), sayWaits(resource)]).toEqual([holds, waits]);
  });

  it('keeps colons of a name', () => {
    expect(parseResource('mutex:std::mutex m')).toEqual({ kind: 'mutex', name: 'std::mutex m' });
  });

  it('knows what is made of locks of the C library', () => {
    expect(['mutex:M', 'driver-lock:W', 'device:idle', 'runtime-lock:GIL'].map(isLibcLock)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
