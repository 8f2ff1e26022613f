import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { checkDevice } from '../../src/services/devices.js';
import { scenario } from './doubles.js';

const onGpu = { ...scenario, devices: ['sim', 'cuda'] as const };
const opens = { tool: () => 'tool', probe: async () => 'NVIDIA H200' };
const fails = {
  tool: () => 'tool',
  probe: async () => {
    throw new Abort('cuInit: CUDA_ERROR_NO_DEVICE', 69);
  },
};

describe('checkDevice', () => {
  it('always has the simulated device', async () => {
    expect(await checkDevice(scenario, 'sim', fails)).toBeUndefined();
  });

  it('says which GPU it is', async () => {
    expect(await checkDevice(onGpu, 'cuda', opens)).toBe('NVIDIA H200');
  });

  it('refuses a GPU that does not open, with the reason', async () => {
    await expect(checkDevice(onGpu, 'cuda', fails)).rejects.toMatchObject({
      message: 'cuInit: CUDA_ERROR_NO_DEVICE',
      exitCode: 69,
    });
  });

  it('refuses a scenario that has none, before it opens anything', async () => {
    await expect(checkDevice(scenario, 'cuda', fails)).rejects.toMatchObject({
      message: expect.stringContaining('cannot run on a cuda device yet'),
      exitCode: 69,
    });
  });
});
