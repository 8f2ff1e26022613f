import { describe, expect, it } from 'vitest';
import { checkDevice } from '../../src/services/devices.js';
import { scenario } from './doubles.js';

const onGpu = { ...scenario, devices: ['sim', 'cuda'] as const };

describe('checkDevice', () => {
  it('always has the simulated device', () => {
    expect(() => checkDevice(scenario, 'sim', () => false)).not.toThrow();
  });

  it('refuses cuda without a driver, and for a scenario that has none', () => {
    const unavailable = expect.objectContaining({ exitCode: 69 });
    expect(() => checkDevice(onGpu, 'cuda', () => false)).toThrow(unavailable);
    expect(() => checkDevice(scenario, 'cuda', () => true)).toThrow(unavailable);
    expect(() => checkDevice(onGpu, 'cuda', () => true)).not.toThrow();
  });
});
