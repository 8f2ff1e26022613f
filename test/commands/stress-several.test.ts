/** Several scenarios at once, with the real native tools. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import Stress from '../../src/commands/stress.js';
import { problems } from '../contracts/schemas.js';
import { temporaryFolder } from '../services/doubles.js';
import { run } from './run.js';

describe('kvtool stress of several', () => {
  it('runs each wherever it runs: threads, device and model', async () => {
    const argv = ['two-offloads-one-slot', 'callable-lifetime', 'skip-bounds', '--variant', 'buggy,fixed'];
    const counts = ['--rounds', '300', '--executions', '2000', '--seed', '1', '--json'];
    const { exitCode, stdout } = await run(Stress, [...argv, ...counts]);
    const { result } = JSON.parse(stdout);
    expect(problems('several-report', result)).toEqual([]);
    const places = result.variants.map(({ variant, on }: Record<string, string>) => `${variant} ${on}`);
    const each = (place: string) => [`buggy ${place}`, `fixed ${place}`];
    expect(places).toEqual(['threads', 'device', 'model', 'device'].flatMap(each));
    expect(result).toMatchObject({ falseAlarms: 0, notRun: 0 });
    for (const { variant, failures } of result.variants) if (variant === 'fixed') expect(failures).toBe(0);
    expect(exitCode).toBe(result.exitCode);
  });

  it('writes a table, a line that repeats each finding, and JUnit', async () => {
    const file = `${await temporaryFolder()}/junit.xml`;
    const argv = ['skip-bounds', 'layout-mix', '--variant', 'buggy,fixed', '--junit', file];
    const { exitCode, stdout } = await run(Stress, argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}layout-mix +buggy +device +1 run +[\d.]+ +1 +.* +as-expected$/m);
    expect(stdout).toContain(
      '  repeat with: kvtool stress layout-mix --variant buggy --on device --device sim',
    );
    expect(stdout).toContain('4 of 4 variants as expected, 0 false alarms');
    const xml = await readFile(file, 'utf8');
    expect(xml).toMatch(/<testsuites name="kvtool stress" tests="4" failures="0" errors="0"/);
    expect(xml).toContain('<testcase classname="kvtool.stress.skip-bounds" name="fixed device"');
  });

  it('begins nothing without the GPU that it was to use (exit 69)', async () => {
    vi.stubEnv('KVTOOL_CUDA_LIBRARY', '/no/such/library.so');
    const { exitCode, stdout } = await run(Stress, ['abba', 'layout-mix', '--device', 'cuda', '--json']);
    vi.unstubAllEnvs();
    expect(exitCode).toBe(69);
    expect(JSON.parse(stdout).result.message).toContain('/no/such/library.so');
  });

  it('runs all variants of one scenario, until each failed so often', async () => {
    const argv = ['skip-bounds', '--variant', 'all', '--repeat', '5', '--stop-at', '2', '--json'];
    const { stdout } = await run(Stress, argv);
    const { variants } = JSON.parse(stdout).result;
    const works = variants.map(({ expected, work }: Record<string, string>) => `${expected} ${work}`);
    expect(works).toEqual([...Array(4).fill('failure 2'), 'ok 5', 'ok 5']);
  });

  it('takes --threads where a scenario has so many, and says where not', async () => {
    const argv = ['abba', 'mutex-then-gil', '--variant', 'fixed', '--on', 'model', '--threads', '3'];
    const { stdout } = await run(Stress, [...argv, '--executions', '100', '--json']);
    expect(JSON.parse(stdout).warnings).toEqual([]);
    const many = await run(Stress, [...argv.slice(0, -1), '60', '--executions', '100', '--json']);
    expect(JSON.parse(many.stdout).warnings[0]).toBe('abba has 2 to 6 threads: --threads 60 does not apply.');
  });

  it('writes JUnit of one variant, too', async () => {
    const file = `${await temporaryFolder()}/junit.xml`;
    const { exitCode } = await run(Stress, ['skip-bounds', '--on', 'device', '--junit', file]);
    expect(exitCode).toBe(4);
    expect(await readFile(file, 'utf8')).toContain('name="buggy device"');
  });
});
