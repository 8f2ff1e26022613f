import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import DriverTable from '../../src/commands/driver-table.js';
import { packageRoot } from '../../src/package-root.js';
import { problems } from '../contracts/schemas.js';
import { run } from './run.js';

const fixture = join(packageRoot, 'test/fixtures/driver-blocking-h200-580.159-cuda13.0.csv');

describe('kvtool driver-table', () => {
  it('finds the measured table on the simulated device, in every cell', { timeout: 120_000 }, async () => {
    const { exitCode, stdout } = await run(DriverTable, ['--compare', fixture]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`same  all 351 cells are as in ${fixture}`);
    expect(stdout).toContain(
      'On sim 580-cuda13, while a host function is stuck, these calls block the calling thread:\n  - cudaFree\n',
    );
    expect(stdout).toContain('Calling any of them with the GIL held, or on the JS thread, can deadlock');
  });

  it('writes the same file', { timeout: 120_000 }, async () => {
    const { stdout } = await run(DriverTable, ['--csv']);
    expect(stdout).toBe(readFileSync(fixture, 'utf8').replaceAll('\r\n', '\n'));
  });

  it('names the cells in which another driver differs', { timeout: 120_000 }, async () => {
    const { stdout } = await run(DriverTable, [
      '--driver-model',
      '575-cuda12',
      '--compare',
      fixture,
      '--json',
    ]);
    const { result } = JSON.parse(stdout);
    expect(problems('driver-table-report', result)).toEqual([]);
    expect(result.comparison.differences).toEqual([
      {
        ...{ blocker: 'host function that does not return', second: 'cudaSetDevice' },
        first: 'first launch of a not yet loaded module, other stream',
        ...{ here: 'first blocks, second blocks', there: 'first blocks, second returns' },
      },
      {
        ...{ blocker: 'kernel that does not finish', second: 'cudaSetDevice' },
        first: 'first launch of a not yet loaded module, other stream',
        ...{ here: 'first blocks, second blocks', there: 'first blocks, second returns' },
      },
    ]);
  });

  it('exits 69 where there is no driver', async () => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', 'libno-such-driver.so');
    const { exitCode, error } = await run(DriverTable, ['--device', 'cuda']);
    vi.unstubAllEnvs();
    expect(exitCode).toBe(69);
    expect(error?.message).toContain('no GPU driver');
  });
});
