import { describe, expect, it, vi } from 'vitest';
import Stress from '../../src/commands/stress.js';
import { problems } from '../contracts/schemas.js';
import { run } from './run.js';

describe('kvtool stress --on device', () => {
  it('names the first wrong row of a buggy variant, exit 4', async () => {
    const { exitCode, stdout } = await run(Stress, ['layout-mix', '--on', 'device']);
    expect(exitCode).toBe(4);
    expect(stdout).toContain('layout-mix buggy, sim 580-cuda13');
    expect(stdout).toMatch(
      /as-expected: It fails as expected: E8: .*layer 0, token 0, head 0 of K, byte 0: found .* of V/,
    );
  });

  it('finds the shares of hits that overlap, as a document', async () => {
    const { exitCode, stdout } = await run(Stress, ['apc-overlap', '--on', 'device', '--json']);
    expect(exitCode).toBe(4);
    const { result } = JSON.parse(stdout);
    expect(problems('device-report', result)).toEqual([]);
    expect(result.facts).toMatchObject({
      'chunk 256, block 16: percent of hits': 94,
      'chunk 512, block 16: worst, tokens': 496,
    });
  });

  it('finds a race where every byte comes out right, and names both sides and the missing event', async () => {
    const argv = ['apc-overlap', '--on', 'device', '--variant', 'no-event-lucky', '--json'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect(exitCode).toBe(4);
    const { result } = JSON.parse(stdout);
    expect(problems('device-report', result)).toEqual([]);
    expect(result.pairs).toMatchObject({ ordered: 7, unordered: 1, forgotten: 0, unknownTransfers: 0 });
    expect(result.races).toEqual([
      {
        memory: 'bytes 512 to 2560 of the pages of tensor 0',
        first: {
          ...{ access: 'write', actor: 'stream 1', enqueuedBy: 'thread server' },
          ...{ what: 'the server loads a chunk', at: expect.stringMatching(/^apc-overlap\/device\.cc:\d+$/) },
        },
        second: {
          ...{ access: 'read', actor: 'stream 2', enqueuedBy: 'thread engine' },
          ...{ what: "B's attention reads", at: expect.stringMatching(/^apc-overlap\/device\.cc:\d+$/) },
        },
        missing:
          'event 1 was recorded on stream 1 after "the server loads a chunk": let stream 2 wait for it before ' +
          '"B\'s attention reads"',
        pairs: 1,
      },
    ]);
  });

  it('says of a clean run how many pairs of accesses are ordered', async () => {
    const argv = ['two-offloads-one-slot', '--on', 'device', '--variant', 'fixed'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      '8 pairs of conflicting accesses ordered between streams and threads, 2 within one,',
    );
    expect(stdout).toContain('Every row is right, and all 10 pairs of accesses that conflict are ordered.');
  });

  it('tells of the first races of many', async () => {
    const { stdout } = await run(Stress, ['tmp-buffer', '--on', 'device']);
    expect(stdout.match(/^ {2}race on bytes 0 to 6144 of staging buffer 0$/gm)).toHaveLength(4);
    expect(stdout).toMatch(
      /^ {4}stream 1 writes: request 0 gathers \(tmp-buffer\/device\.cc:\d+\), enqueued by /m,
    );
    expect(stdout).toMatch(/^ {4}missing: one lock held over all that belongs together/m);
    expect(stdout).toContain('and 5 more races: --json has all');
  });

  it.each(['staging-reuse', 'two-offloads-one-slot'])('runs %s with real bytes', async (scenario) => {
    const { exitCode, stdout } = await run(Stress, [
      scenario,
      '--on',
      'device',
      '--variant',
      'all',
      '--json',
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).result).toMatchObject({ falseAlarms: 0 });
  });

  it('finds nothing wrong with a fixed one, exit 0', async () => {
    const { exitCode, stdout } = await run(Stress, ['skip-bounds', '--on', 'device', '--variant', 'fixed']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('as-expected: Every row is right.');
  });

  it('runs as often as it is told, and counts', async () => {
    const argv = ['skip-bounds', '--on', 'device', '--repeat', '3', '--json'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect(exitCode).toBe(4);
    const { result } = JSON.parse(stdout);
    expect(problems('device-report', result)).toEqual([]);
    expect(result.runs).toMatchObject({ made: 3, failed: 3, unexpected: 0 });
  });

  it('runs for as long as it is told', async () => {
    const argv = ['skip-bounds', '--on', 'device', '--variant', 'fixed', '--duration', '300ms'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}\d+ runs? in [\d.]+ m?s, [\d.]+ a second: 0 failed, 0 not as expected$/m);
  });

  it.each([
    [['skip-bound', '--on', 'device'], /there is no scenario "skip-bound" on the device/],
    [
      ['skip-bounds', '--on', 'device', '--variant', 'fixd'],
      /scenario skip-bounds has no variant "fixd" on the device/,
    ],
    [['skip-bounds'], /scenario "skip-bounds" runs on the device only/],
    [['apc-overlap'], /variant "buggy" of scenario "apc-overlap" runs in the model and on the device only/],
    [
      ['apc-overlap', '--on', 'device', '--iterations', '2'],
      /found --iterations on the device, expected a scenario on a language runtime with it/,
    ],
    [
      ['apc-overlap', '--on', 'device', '--seed', '2'],
      /found --seed on the device, expected .* on plain threads or --on model with it/,
    ],
  ])('says what is wrong with %j, exit 2', async (argv, message) => {
    const { error } = await run(Stress, argv);
    expect(error?.message).toMatch(message);
    expect(error?.oclif?.exit).toBe(2);
  });

  it('exits 69 where there is no driver', async () => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', 'libno-such-driver.so');
    const { error } = await run(Stress, ['skip-bounds', '--on', 'device', '--device', 'cuda']);
    vi.unstubAllEnvs();
    expect(error?.oclif?.exit).toBe(69);
    expect(error?.message).toContain('no GPU driver');
  });
});
