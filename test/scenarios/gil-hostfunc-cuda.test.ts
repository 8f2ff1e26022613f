/** `--device cuda` end to end, on the stub driver: the same harnesses, supervisor and verdicts as on a GPU. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import type { Path, RuntimeName } from '../../src/scenario/manifest.js';
import { stress } from '../../src/services/stress.js';
import { temporaryFolder } from '../services/doubles.js';

// The stub is built with the C++ tests, and a device needs kernels, which need nvcc when kvtool is built.
const stub = join(packageRoot, 'build/release/fixtures/libkvtool-stub-cuda.so');
const hasKernels = existsSync(join(packageRoot, 'build/native/cuda/hold.fatbin'));

afterEach(() => vi.unstubAllEnvs());

async function run(
  variant: string,
  path: Path,
  runtime: RuntimeName,
  settings: string,
  parameters: Record<string, string> = {},
) {
  vi.stubEnv('KVTOOL_CUDA_LIBRARY', stub);
  vi.stubEnv('KVTOOL_STUB', settings);
  const { runs } = await stress({
    ...{ scenario: 'gil-hostfunc', variant, path, runtime, device: 'cuda', repeat: 1, iterations: 10 },
    settings: Object.entries(parameters).map(([name, value]) => ({ name, value })),
    ...{ runRoot: await temporaryFolder(), signal: new AbortController().signal },
  });
  return runs[0];
}

describe.skipIf(!existsSync(stub) || !hasKernels)('gil-hostfunc on a driver', { timeout: 60_000 }, () => {
  it.each([
    ['buggy', 'callback', 'js'],
    ['buggy', 'callback', 'python'],
    ['buggy', 'recorder', 'python'],
    ['buggy', 'gpu-stamp', 'js'],
    ['buggy', 'gpu-stamp', 'python'],
    ['one-callsite-left', 'gpu-stamp', 'python'],
    ['launch-under-gil', 'callback', 'js'],
    ['set-device-outside', 'callback', 'js'],
    ['destructor-syncs', 'callback', 'python'],
    ['mutex-then-gil', 'callback', 'python'],
  ] as const)('%s, %s path, %s: shows what the manifest says', async (variant, path, runtime) => {
    const report = await run(variant, path, runtime, '');
    expect(report, report?.because).toMatchObject({ device: 'cuda', result: 'as-expected' });
    expect(report?.windowOpens).toBeGreaterThan(0);
  });

  it.each(
    (['js', 'python'] as const).flatMap((runtime) =>
      (
        [
          ['wait-under-lock', 'callback', {}],
          ['wait-under-lock', 'callback', { 'runtime-lock': 'dropped' }],
          ['unmap-waits-forever', 'recorder', {}],
          ['unmap-waits-forever', 'recorder', { 'runtime-lock': 'dropped' }],
          ['unmap-waits-forever', 'recorder', { 'foreign-event': 'host' }],
          ['callable-lifetime', 'callback', {}],
          ['callable-lifetime', 'callback', { binding: 'keeps' }],
          ['callable-lifetime', 'callback', { binding: 'drops-round-enqueue' }],
        ] as const
      ).map(([variant, path, parameters]) => [variant, path, runtime, parameters] as const),
    ),
  )('%s, %s path, %s, %j: shows what the manifest says', async (variant, path, runtime, parameters) => {
    const report = await run(variant, path, runtime, '', parameters);
    expect(report, report?.because).toMatchObject({ device: 'cuda', result: 'as-expected' });
    expect(report?.windowOpens).toBeGreaterThan(0);
  });

  it('infers the wait of a launcher that spins in the driver, and reads the lock it holds', async () => {
    const report = await run('buggy', 'callback', 'python', 'spin=1');
    expect(report?.result).toBe('as-expected');
    const launcher = report?.verdict.cycle.find((step) => step.waitsFor === 'device:idle');
    expect(launcher).toMatchObject({
      holds: 'driver-lock:W',
      holdsEvidence: 'read',
      waitsEvidence: 'inferred',
    });
  });
});
