/** Stand-ins for what services reach outside of this process: a scenario, a supervisor, the native tools. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import type { Verdict } from '../../src/diagnosis/verdict.js';
import { monotonicNs } from '../../src/harness/clock.js';
import type { Flight } from '../../src/harness/flight-file.js';
import type { HarnessOutcome, SuperviseOptions } from '../../src/harness/supervisor.js';
import type { Scenario } from '../../src/scenario/manifest.js';
import { earlier, threePartyJs, threePartyPython } from '../diagnosis/dumps.js';

export const scenario: Scenario = {
  id: 'double',
  title: 'A double',
  family: 'gil-vs-cuda-driver',
  sources: [{ label: 'nowhere', url: 'https://example.invalid/1' }],
  summary: 'Stands in for a scenario.',
  window: 'Always.',
  invariants: ['Nothing is lost.'],
  runtimes: ['js', 'python'],
  devices: ['sim'],
  parameters: [
    { name: 'workers', summary: 'Workers', type: 'integer', default: 2, min: 1, max: 64, unit: 'threads' },
    {
      name: 'blocking-call',
      summary: 'The call',
      type: 'choice',
      default: 'first-load',
      choices: ['first-load', 'free'],
    },
  ],
  variants: [
    {
      name: 'buggy',
      summary: 'As found',
      paths: ['callback', 'recorder'],
      source: 'https://example.invalid/1',
    },
    { name: 'fixed', summary: 'As fixed', paths: ['recorder'], source: 'https://example.invalid/1' },
    {
      name: 'crowded',
      summary: 'With more workers',
      paths: ['callback'],
      source: 'https://example.invalid/1',
      defaults: { workers: 8 },
    },
  ],
  check: { variant: 'buggy' },
  expect({ path, runtime }) {
    if (path === 'recorder')
      return { kind: 'ok', family: 'none', waits: [], because: 'the callback is native' };
    const lock = runtime === 'js' ? 'runtime-lock:JS thread' : 'runtime-lock:GIL';
    return {
      kind: 'deadlock',
      family: runtime === 'js' ? 'js-thread-blocked' : 'gil-vs-cuda-driver',
      waits: ['device:idle', lock, 'driver-lock:W'],
      because: 'nobody gives way',
    };
  },
  cuts: () => ['Record natively.'],
};

export function okVerdict(summary = 'It finished.'): Verdict {
  return {
    kind: 'ok',
    family: 'none',
    confidence: 1,
    summary,
    cycle: [],
    bystanders: [],
    cuts: [],
    unknowns: [],
  };
}

export function deadlockVerdict(runtime: 'js' | 'python'): Verdict {
  const dump = runtime === 'js' ? threePartyJs() : threePartyPython();
  return diagnose(dump, earlier(dump));
}

export const cleanCounters = {
  requests: 100,
  'events.scheduled': 200,
  'events.delivered': 200,
  'events.lost': 0,
  'publish.count': 200,
  'publish.ns': 600_000,
  'deliver.count': 200,
  'deliver.ns': 4_000_000,
};

export interface OutcomeWishes extends Partial<Omit<HarnessOutcome, 'flight'>> {
  counters?: Record<string, number>;
  windowOpens?: number;
}

/** Finished cleanly unless told otherwise. */
export function outcome({
  counters = cleanCounters,
  windowOpens = 5,
  ...over
}: OutcomeWishes = {}): HarnessOutcome {
  const startedNs = monotonicNs();
  const flight: Flight = {
    pid: 100,
    state: 'finished',
    startedNs,
    lastProgressNs: startedNs + 120_000_000,
    finishedNs: 0,
    windowOpens,
    windowFirstNs: 0,
    message: '',
    counters: Object.entries(counters).map(([name, value]) => ({ name, kind: 'progress', value })),
    lines: [],
  };
  return {
    ending: 'finished',
    because: 'The harness finished its work after 0.1 s.',
    killedFromOutside: false,
    flight,
    dumps: [],
    verdict: okVerdict(),
    timings: {
      spawnedNs: startedNs - 50_000_000,
      startedNs,
      lastProgressNs: startedNs + 120_000_000,
      verdictAtNs: startedNs + 2_500_000_000,
    },
    logTail: '',
    logBytes: 0,
    strays: 0,
    warnings: [],
    ...over,
  };
}

export function deadlocked(runtime: 'js' | 'python', over: OutcomeWishes = {}): HarnessOutcome {
  return outcome({ ending: 'stuck', because: 'No progress.', verdict: deadlockVerdict(runtime), ...over });
}

/** What the harness would have been told. */
export function configurationOf(options: SuperviseOptions): {
  path: string;
  runtime: 'js' | 'python';
  seed: number;
  parameters: Record<string, unknown>;
} {
  const configuration = JSON.parse(options.env?.KVTOOL_HARNESS ?? '{}');
  return { ...configuration, runtime: options.args[0]?.endsWith('.py') ? 'python' : 'js' };
}

export type Answer = (configuration: ReturnType<typeof configurationOf>, call: number) => HarnessOutcome;

/** A supervisor that answers at once, and writes the report before a "kill" as the real one does. */
export function fakeSupervise(answer: Answer) {
  const calls: SuperviseOptions[] = [];
  const supervise = async (options: SuperviseOptions): Promise<HarnessOutcome> => {
    calls.push(options);
    const result = answer(configurationOf(options), calls.length);
    if (result.exit === undefined) await options.beforeKill?.(result);
    return result;
  };
  return { supervise, calls };
}

/** The callback path deadlocks and the recorder path does not: what a sound check sees. */
export const asExpected: Answer = ({ path, runtime }) =>
  path === 'callback' ? deadlocked(runtime) : outcome();

export function dependencies(answer: Answer) {
  const { supervise, calls } = fakeSupervise(answer);
  return {
    calls,
    supervise,
    tools: () => ({
      guard: '/guard',
      snapshot: '/snapshot',
      driverCell: '/driver-cell',
      transferCell: '/transfer-cell',
      explore: '/explore',
      library: '/lib.so',
      addon: '/kvtool.node',
    }),
    loadScenario: async () => scenario,
    loadScenarios: async () => [scenario],
    findPython: async () => ({
      executable: '/usr/bin/python3',
      version: '3.11.7',
      description: 'CPython 3.11.7 (/usr/bin/python3)',
    }),
    checkDevice: async () => undefined,
    checkPackages: async () => {},
    now: () => performance.now(),
  };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kvtool-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
