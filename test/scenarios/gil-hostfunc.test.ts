/** Every variant on every runtime and path shows what its manifest says: the bug for its own reason, the fix clean. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import scenario from '../../scenarios/gil-hostfunc/scenario.js';
import { packageRoot } from '../../src/package-root.js';
import type { RunReport } from '../../src/report/report.js';
import { type Path, paths, type RuntimeName } from '../../src/scenario/manifest.js';
import { stress } from '../../src/services/stress.js';

const timeout = 60_000;
let runRoot: string;

beforeAll(async () => {
  const harness = join(packageRoot, 'dist', 'scenarios', 'gil-hostfunc', 'harness.js');
  if (!existsSync(harness)) throw new Error(`not built: ${harness}; run npm run build`);
  runRoot = await mkdtemp(join(tmpdir(), 'kvtool-scenario-'));
});
afterAll(() => rm(runRoot, { recursive: true, force: true }));

interface Case {
  runtime: RuntimeName;
  variant: string;
  path: Path;
  settings?: Record<string, string>;
  python?: string;
}

async function run({ runtime, variant, path, settings = {}, python }: Case): Promise<RunReport> {
  const report = await stress({
    scenario: 'gil-hostfunc',
    ...{ variant, path, runtime, device: 'sim', repeat: 1, runRoot, iterations: 10 },
    settings: Object.entries(settings).map(([name, value]) => ({ name, value })),
    inactivityMs: 500, // a tenth of a second would do on a quiet machine
    signal: new AbortController().signal,
    ...(python === undefined ? {} : { python }),
  });
  const [only] = report.runs;
  if (only === undefined) throw new Error('no run');
  return only;
}

function describeRun({ verdict, because }: RunReport): string {
  return `${because}\n${verdict.summary}\n${verdict.unknowns.join('\n')}`;
}

const cases: Case[] = (['js', 'python'] as const).flatMap((runtime) =>
  scenario.variants.flatMap(({ name, paths }) => paths.map((path) => ({ runtime, variant: name, path }))),
);

const parameterCases: Case[] = (['js', 'python'] as const).flatMap((runtime) => [
  // What the launcher does in the driver decides which lock closes the cycle, or whether one does.
  ...['free', 'full-queue', 'sync'].map((call) => ({
    ...{ runtime, variant: 'buggy', path: 'callback' as const },
    settings: { 'blocking-call': call },
  })),
  // Dropping the runtime lock round the call under study cures each variant.
  ...['buggy', 'set-device-outside', 'launch-under-gil', 'destructor-syncs', 'mutex-then-gil'].map(
    (variant) => ({
      ...{ runtime, variant, path: 'callback' as const },
      settings: { 'runtime-lock': 'dropped' },
    }),
  ),
  ...['callback', 'recorder', 'gpu-stamp'].map((path) => ({
    ...{ runtime, variant: 'wait-under-lock', path: path as Path },
    settings: { 'runtime-lock': 'dropped' },
  })),
  ...[
    { 'runtime-lock': 'dropped' },
    { 'foreign-event': 'host' },
    { 'foreign-event': 'host', 'runtime-lock': 'dropped' },
    { 'client-dies': 'after-record' },
  ].map((settings) => ({ runtime, variant: 'unmap-waits-forever', path: 'recorder' as const, settings })),
  ...['keeps', 'drops-round-enqueue'].map((binding) => ({
    ...{ runtime, variant: 'callable-lifetime', path: 'callback' as const },
    settings: { binding },
  })),
  { runtime, variant: 'destructor-syncs', path: 'callback', settings: { 'driver-model': '580-cuda13' } },
  { runtime, variant: 'one-callsite-left', path: 'recorder', settings: { 'runtime-callsites': '0' } },
  { runtime, variant: 'buggy', path: 'callback', settings: { contexts: '3', workers: '4' } },
  { runtime, variant: 'buggy', path: 'recorder', settings: { contexts: '3', workers: '4' } },
  { runtime, variant: 'buggy', path: 'gpu-stamp', settings: { contexts: '3', workers: '4' } },
  { runtime, variant: 'buggy', path: 'gpu-stamp', settings: { 'blocking-call': 'full-queue' } },
  { runtime, variant: 'one-callsite-left', path: 'gpu-stamp', settings: { 'runtime-callsites': '0' } },
]);

describe.each([...cases, ...parameterCases])('$runtime $variant on the $path path $settings', (chosen) => {
  it('shows what the manifest says', { timeout }, async () => {
    const report = await run(chosen);
    expect(report.result, describeRun(report)).toBe('as-expected');
  });
});

/** Other interpreters of this machine, at most one per minor version. */
function otherPythons(): string[] {
  const versions = join(homedir(), '.pyenv', 'versions');
  if (!existsSync(versions)) return [];
  const supported = readdirSync(versions).filter((name) => /^3\.([89]|1[0-3])\.\d+$/.test(name));
  return supported.map((name) => join(versions, name, 'bin', 'python3')).filter((file) => existsSync(file));
}

describe.each(otherPythons())('%s', (python) => {
  it('deadlocks on the callback path and survives on the others', { timeout }, async () => {
    for (const path of paths) {
      const report = await run({ runtime: 'python', variant: 'buggy', path, python });
      expect(report.result, describeRun(report)).toBe('as-expected');
    }
  });
});

describe.each(['js', 'python'] as const)('stamped events of %s', (runtime) => {
  it('are all delivered, each with a stated error of its time', { timeout }, async () => {
    const report = await run({ runtime, variant: 'buggy', path: 'gpu-stamp' });
    const { scheduled, delivered, lost } = report.events;
    expect(scheduled).toBeGreaterThan(0);
    expect({ delivered, lost }).toEqual({ delivered: scheduled, lost: 0 });
    expect(report.counters['callbacks.scheduled']).toBe(0);
    expect(report.counters['stamp.max-error-ns']).toBeGreaterThan(0);
  });
});

describe.each(['js', 'python'] as const)('a reaper that synchronises first, on %s', (runtime) => {
  it('is stuck while the process goes on', { timeout }, async () => {
    const { ending, verdict, counters, events } = await run({
      ...{ runtime, variant: 'unmap-waits-forever', path: 'recorder' },
      settings: { 'runtime-lock': 'dropped' },
    });
    expect({ ending, kind: verdict.kind }).toEqual({ ending: 'finished', kind: 'violation' });
    expect(counters).toMatchObject({
      'segments.mapped': 1,
      'violation.reaper-stuck-memory-not-returned': 1,
    });
    expect(events).toMatchObject({ lost: 0, delivered: events.scheduled });
  });
});

describe('a run that leaves the meeting to chance', () => {
  it('is never called clean unless its window was open', { timeout }, async () => {
    const report = await run({
      ...{ runtime: 'python', variant: 'buggy', path: 'recorder' },
      settings: { steer: 'off', 'kernel-us': '0' },
    });
    expect(report.result === 'as-expected', describeRun(report)).toBe(report.windowOpens > 0);
    if (report.windowOpens === 0) expect(report.result).toBe('inconclusive');
  });
});
