/**
 * The callback through CuPy and PyTorch, on the stub driver, with small stand-ins of this project's own for the two
 * (test/fixtures/frameworks): the harness's side of it runs here, the real libraries only where there is a GPU.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Abort } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import type { DeviceName, Path, RuntimeName } from '../../src/scenario/manifest.js';
import { planLanes } from '../../src/services/several/plan.js';
import { stress } from '../../src/services/stress.js';
import { temporaryFolder } from '../services/doubles.js';

// Built with the C++ tests; a device needs kernels, which need nvcc when kvtool is built.
const stub = join(packageRoot, 'build/release/fixtures/libkvtool-stub-cuda.so');
const runtimeLibrary = join(dirname(stub), 'libcudart-kvtool-stub.so');
const hasKernels = existsSync(join(packageRoot, 'build/native/cuda/hold.fatbin'));
const standIns = join(packageRoot, 'test/fixtures/frameworks');

afterEach(() => vi.unstubAllEnvs());

interface Wishes {
  variant?: string;
  path?: Path;
  runtime?: RuntimeName;
  device?: DeviceName;
  through: string;
  record?: 'kept' | 'dropped';
  settings?: Record<string, string>;
  modules?: string;
}

async function run(wishes: Wishes) {
  const {
    variant = 'buggy',
    path = 'callback',
    runtime = 'python',
    device = 'cuda',
    modules = standIns,
  } = wishes;
  vi.stubEnv('KVTOOL_CUDA_LIBRARY', stub);
  vi.stubEnv('PYTHONPATH', modules);
  vi.stubEnv('KVTOOL_STAND_IN_RECORD', wishes.record ?? 'kept');
  const settings = Object.entries({ 'callback-through': wishes.through, ...wishes.settings });
  const { runs } = await stress({
    ...{ scenario: 'gil-hostfunc', variant, path, runtime, device, repeat: 1, iterations: 10 },
    inactivityMs: 500, // a tenth of a second would do on a quiet machine
    settings: settings.map(([name, value]) => ({ name, value })),
    ...{ runRoot: await temporaryFolder(), signal: new AbortController().signal },
  });
  return runs[0];
}

async function abortOf(wishes: Wishes): Promise<Abort> {
  const error = await run(wishes).catch((thrown: unknown) => thrown);
  if (error instanceof Abort) return error;
  throw new Error(`expected an Abort, found ${String(error)}`);
}

const runnable = existsSync(stub) && existsSync(runtimeLibrary) && hasKernels;

describe.skipIf(!runnable).each(['cupy', 'torch'])(
  'a callback through %s',
  { timeout: 60_000 },
  (through) => {
    it.each<Omit<Wishes, 'through'>>([
      { path: 'callback' },
      { path: 'recorder' },
      { path: 'gpu-stamp' },
      { settings: { 'blocking-call': 'free' } },
      { settings: { 'blocking-call': 'full-queue' } },
      { settings: { workers: '16' } },
      { variant: 'one-callsite-left', path: 'recorder' },
      { variant: 'widened-lock' },
      { variant: 'launch-under-gil' },
    ])('shows what the manifest says: %o', async (wishes) => {
      const report = await run({ ...wishes, through });
      expect(report?.result, report?.because).toBe('as-expected');
      expect(report?.windowOpens).toBeGreaterThan(0);
    });

    it('waits for the GIL as the host-function executor, which the process says of itself', async () => {
      const report = await run({ through });
      const steps = report?.verdict.cycle.map(({ actor, waitsFor }) => [actor.name, waitsFor]);
      expect(steps).toEqual([
        ['entrant', 'driver-lock:W'],
        ['launcher', 'device:idle'],
        ['host-function executor', 'runtime-lock:GIL'],
      ]);
      expect(report?.counters).toMatchObject({ 'entrant.by-framework': 1 });
    });

    it('runs every callback that was scheduled, once', async () => {
      const report = await run({ through, variant: 'widened-lock' });
      const { counters = {} } = report ?? {};
      expect(counters['callbacks.run']).toBeGreaterThan(0);
      expect(counters['callbacks.run']).toBe(counters['callbacks.scheduled']);
      expect(counters['events.delivered']).toBe(counters['events.scheduled']);
    });
  },
);

describe.skipIf(!runnable).each(['cupy', 'torch'])(
  'the record of an event by %s',
  { timeout: 60_000 },
  (through) => {
    it.each([
      // Keeps the GIL, as the run wants it: PyTorch's. Drops it: kvtool's own, which keeps it. And so on.
      ['kept', 'held', 1, 'deadlock'],
      ['dropped', 'held', 0, 'deadlock'],
      ['kept', 'dropped', 0, 'ok'],
      ['dropped', 'dropped', 1, 'ok'],
    ] as const)(
      'that has the GIL %s, in a run that wants it %s',
      async (record, lock, byFramework, verdict) => {
        const report = await run({ through, record, settings: { 'runtime-lock': lock } });
        expect(report?.result, report?.because).toBe('as-expected');
        expect(report?.verdict.kind).toBe(verdict);
        expect(report?.counters['entrant.by-framework']).toBe(byFramework);
      },
    );
  },
);

describe('a callback through a framework', () => {
  it.each<[Partial<Wishes>, RegExp, string]>([
    [{ runtime: 'js' }, /^callback-through=cupy needs Python, found runtime js$/, 'use --runtime python'],
    [{ device: 'sim' }, /needs a CUDA device, found sim$/, 'use --device cuda'],
    [{ settings: { contexts: '2' } }, /primary context only, found contexts=2$/, 'set contexts=1'],
    [{ variant: 'mutex-then-gil' }, /has no callback$/, 'or leave callback-through out'],
    [{ variant: 'callable-lifetime' }, /a binding of its own$/, 'or leave callback-through out'],
  ])('is refused where it cannot be: %o', async (wishes, message, suggestion) => {
    const abort = await abortOf({ through: 'cupy', ...wishes });
    expect(abort).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
    expect(abort.suggestions.join('\n')).toContain(suggestion);
  });

  it.skipIf(!runnable)('needs the package (exit 69)', async () => {
    const abort = await abortOf({ through: 'cupy', modules: '' });
    expect(abort.exitCode).toBe(69);
    expect(abort.message).toMatch(/^cupy is not importable by CPython 3\..*: ModuleNotFoundError/);
    expect(abort.suggestions[0]).toContain('cupy-cuda13x');
  });

  it('is left out of a plan where it cannot be', async () => {
    const { lanes, warnings } = await planLanes({
      ...{ scenarios: ['gil-hostfunc'], all: false, variants: ['buggy'], on: 'threads', device: 'cuda' },
      ...{
        path: 'callback',
        settings: [{ name: 'callback-through', value: 'cupy' }],
        isTimed: false,
        limits: [],
      },
    });
    expect(lanes.map(({ runtime }) => runtime)).toEqual(['python']);
    expect(warnings).toEqual([
      'gil-hostfunc buggy with js is left out: callback-through=cupy needs Python, found runtime js.',
    ]);
  });
});
