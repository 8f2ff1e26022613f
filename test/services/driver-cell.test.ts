import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nativeTools } from '../../src/harness/native-tools.js';
import { packageRoot } from '../../src/package-root.js';
import { measureCell, probeDevice, tableShape } from '../../src/services/driver-cell.js';

const tool = nativeTools(['driverCell']).driverCell;
const sim = { tool, device: 'sim', model: '580-cuda13' } as const;
const cuda = { tool, device: 'cuda', model: '' } as const;
const cell = {
  blocker: 'host function that does not return',
  first: 'cudaFree',
  second: 'cudaEventRecord, other stream',
};

afterEach(() => vi.unstubAllEnvs());

describe('kvtool-driver-cell on the simulated device', () => {
  it('lists the cells of the table', async () => {
    const { pairs, seconds } = await tableShape(tool);
    expect(pairs).toHaveLength(13);
    expect(seconds.filter(({ extra }) => !extra)).toHaveLength(27);
  });

  it('answers a cell, with what the second call waits for', async () => {
    const answer = { firstBlocks: true, secondBlocks: true, secondWaitsFor: 'driver-lock:W' };
    expect(await measureCell(sim, cell, 400)).toEqual(answer);
    expect(await measureCell(sim, { ...cell, first: 'none' }, 400)).toEqual({
      ...{ firstBlocks: false, secondBlocks: false },
    });
  });

  it('says which name it does not know', async () => {
    expect(await measureCell(sim, { ...cell, first: 'cudaFry' }, 400)).toEqual({
      why: 'there is no first call "cudaFry"',
    });
    await expect(probeDevice({ ...sim, model: '600' })).rejects.toMatchObject({
      message: 'there is no driver model 600',
      exitCode: 2,
    });
  });
});

describe('kvtool-driver-cell without a usable driver', () => {
  it('exits 69 and names the library', async () => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', 'libno-such-driver.so');
    await expect(probeDevice(cuda)).rejects.toMatchObject({
      message: expect.stringContaining('no GPU driver: dlopen: libno-such-driver.so'),
      exitCode: 69,
      suggestions: [expect.stringContaining('NVIDIA driver'), expect.stringContaining('--device sim')],
    });
  });

  it('exits 69 when the library is no driver', async () => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', 'libm.so.6');
    await expect(probeDevice(cuda)).rejects.toMatchObject({
      message: 'the GPU driver is too old: libm.so.6 has no cuInit',
      exitCode: 69,
    });
  });
});

// The stub is built with the C++ tests, and a device needs kernels, which need nvcc when kvtool is built.
const stub = join(packageRoot, 'build/release/fixtures/libkvtool-stub-cuda.so');
const hasKernels = existsSync(join(packageRoot, 'build/native/cuda/hold.fatbin'));

describe.skipIf(!existsSync(stub) || !hasKernels)('kvtool-driver-cell on the stub driver', () => {
  const withStub = (settings: string): void => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', stub);
    vi.stubEnv('KVTOOL_STUB', settings);
  };

  it('names the GPU and answers as the simulated device does', async () => {
    withStub('');
    expect(await probeDevice(cuda)).toMatch(/^Stub GPU/);
    expect(await measureCell(cuda, cell, 300)).toEqual({ firstBlocks: true, secondBlocks: true });
    const spinning = { blocker: 'kernel that does not finish', first: 'none', second: cell.second };
    expect(await measureCell(cuda, spinning, 5000)).toEqual({ firstBlocks: false, secondBlocks: false });
  });

  it.each([
    ['devices=0', /cuInit: CUDA_ERROR_NO_DEVICE/],
    ['version=11040', /too old: found CUDA 11.4/],
    ['fail=cuMemHostAlloc:2', /cuMemHostAlloc: CUDA_ERROR_OUT_OF_MEMORY/],
  ])('exits 69 and names the call: %s', async (settings, message) => {
    withStub(settings);
    await expect(probeDevice(cuda)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      exitCode: 69,
    });
  });

  it('says that a hidden device is hidden', async () => {
    withStub('devices=0');
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '');
    await expect(probeDevice(cuda)).rejects.toMatchObject({
      suggestions: [expect.stringContaining('CUDA_VISIBLE_DEVICES is ""'), expect.anything()],
    });
  });

  it('passes on why a cell has no answer', async () => {
    withStub('fail=cuCtxSynchronize:719');
    expect(await measureCell(cuda, cell, 100)).toEqual({
      why: expect.stringContaining('cuCtxSynchronize: CUDA_ERROR_LAUNCH_FAILED'),
    });
  });
});
