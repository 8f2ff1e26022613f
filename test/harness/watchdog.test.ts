import { describe, expect, test } from 'vitest';
import type { VerdictKind } from '../../src/diagnosis/verdict.js';
import type { Flight, FlightState } from '../../src/harness/flight-file.js';
import type { HarnessExit } from '../../src/harness/guard.js';
import type { ThreadSample } from '../../src/harness/thread-samples.js';
import type { Decision, WatchdogLimits } from '../../src/harness/watchdog.js';
import { Watchdog } from '../../src/harness/watchdog.js';

const limits: WatchdogLimits = {
  inactivityMs: 2000,
  deadlineMs: 30_000,
  startMs: 15_000,
  lingerMs: 2000,
  logLimitBytes: 1000,
  maxSuspicions: 3,
};
const stepMs = 50;
/** Any start will do, as long as it is not 0. */
const spawnedNs = 7e12;

/** What the world shows at a moment, in ms since the spawn. */
interface World {
  state?: (ms: number) => FlightState | undefined;
  progress?: (ms: number) => number;
  cpuMs?: (ms: number) => number;
  threadState?: string;
  exit?: (ms: number) => HarnessExit | undefined;
  logBytes?: (ms: number) => number;
  /** What every pair of dumps is diagnosed as; without it none can be taken. */
  diagnosis?: VerdictKind;
  canSample?: boolean;
  /** Moments at which the supervisor does not get to look. */
  asleep?: (ms: number) => boolean;
}

interface Told {
  ms: number;
  decision: Decision;
}

const always = () => 'running' as const;

function flightAt(world: World, ms: number): Flight | undefined {
  const state = (world.state ?? always)(ms);
  if (state === undefined) return undefined;
  const progress = world.progress?.(ms) ?? 0;
  return {
    pid: 1,
    state,
    startedNs: 0,
    lastProgressNs: 0,
    finishedNs: 0,
    windowOpens: 0,
    windowFirstNs: 0,
    message: '',
    counters: [
      { name: 'requests', kind: 'progress', value: progress },
      // Heartbeats say that some thread lives, not that the work gets on.
      { name: 'heartbeats', kind: 'heartbeat', value: ms },
    ],
    lines: [],
  };
}

function sampleAt(world: World, ms: number): ThreadSample | null {
  if (world.canSample === false) return null;
  const cpuMs = world.cpuMs?.(ms) ?? 0;
  const thread = { tid: 1, name: 'main', state: world.threadState ?? 'S', cpuMs };
  return { atNs: spawnedNs + ms * 1e6, cpuMs, threads: [thread] };
}

/** Plays the supervisor until the run ends; gives every decision that is not `continue`, and the watchdog. */
function play(world: World, changed: Partial<WatchdogLimits> = {}): { told: Told[]; watchdog: Watchdog } {
  const watchdog = new Watchdog({ ...limits, ...changed }, spawnedNs);
  const told: Told[] = [];
  for (let ms = 0; ms <= 60_000; ms += stepMs) {
    if (world.asleep?.(ms)) continue;
    const flight = flightAt(world, ms);
    const exit = world.exit?.(ms);
    const look = {
      nowNs: spawnedNs + ms * 1e6,
      logBytes: world.logBytes?.(ms) ?? 0,
      ...(flight === undefined ? {} : { flight }),
      ...(exit === undefined ? {} : { exit }),
    };
    let decision = watchdog.observe(look);
    if (decision.kind === 'take-sample') {
      told.push({ ms, decision });
      decision = watchdog.observe({ ...look, sample: sampleAt(world, ms) });
    }
    if (decision.kind === 'suspect-stuck') {
      told.push({ ms, decision });
      decision = watchdog.observe(
        world.diagnosis === undefined ? look : { ...look, diagnosis: world.diagnosis },
      );
    }
    if (decision.kind === 'continue' || decision.kind === 'take-sample') continue;
    told.push({ ms, decision });
    return { told, watchdog };
  }
  throw new Error('the watchdog let the run go on for a minute');
}

/** Progress once in every `periodMs`, until `untilMs`. */
const every =
  (periodMs: number, untilMs = Number.POSITIVE_INFINITY) =>
  (ms: number) =>
    Math.floor(Math.min(ms, untilMs) / periodMs);

describe('a harness that is stuck', () => {
  test('is sampled at 3/4 of the limit and at the limit, suspected, and stuck once a cycle is proven', () => {
    // Given progress until 1 s, no CPU use since, and dumps that prove a deadlock
    const { told, watchdog } = play({ progress: every(100, 1000), diagnosis: 'deadlock' });

    expect(told).toEqual([
      { ms: 2500, decision: { kind: 'take-sample' } },
      { ms: 3000, decision: { kind: 'take-sample' } },
      { ms: 3000, decision: { kind: 'suspect-stuck', quietMs: 2000, busy: false } },
      { ms: 3000, decision: { kind: 'stuck' } },
    ]);
    expect(watchdog.lastProgressNs).toBe(spawnedNs + 1000e6);
    expect(watchdog.stalledAtNs).toBe(spawnedNs + 3000e6);
  });

  test('is suspected also when its threads cannot be sampled', () => {
    const { told } = play({ canSample: false, diagnosis: 'deadlock' });

    expect(told.at(-1)).toEqual({ ms: 2000, decision: { kind: 'stuck' } });
  });

  test('is stuck although heartbeats go on', () => {
    // Given heartbeats at every look, as every world here has them
    const { told } = play({ progress: () => 0, diagnosis: 'deadlock' });

    expect(told.at(-1)?.decision).toEqual({ kind: 'stuck' });
  });

  test('is not stuck without a proven cycle: it is suspected again, a bounded number of times, then too late', () => {
    const { told } = play({ diagnosis: 'waiting-external' });

    const suspicions = told.filter(({ decision }) => decision.kind === 'suspect-stuck');
    expect(suspicions.map(({ ms }) => ms)).toEqual([2000, 4000, 6000]);
    expect(told.at(-1)).toEqual({ ms: 30_000, decision: { kind: 'deadline', why: 'quiet' } });
  });

  test('is not stuck when it got on while it was being dumped', () => {
    // Given a watchdog that suspects
    const watchdog = new Watchdog(limits, spawnedNs);
    const stalled: World = { progress: () => 1 };
    for (let ms = 0; ms < 2000; ms += stepMs) {
      const flight = flightAt(stalled, ms);
      if (flight === undefined) continue;
      const look = { nowNs: spawnedNs + ms * 1e6, flight, logBytes: 0 };
      if (watchdog.observe(look).kind === 'take-sample') watchdog.observe({ ...look, sample: null });
    }
    const suspected = { nowNs: spawnedNs + 2000e6, logBytes: 0, sample: null };
    expect(watchdog.observe(suspected).kind).toBe('suspect-stuck');

    // When the dumps show a cycle but a counter has moved since
    const moved = flightAt({ progress: () => 2 }, 2300);
    if (moved === undefined) throw new Error('no flight');
    const after = { nowNs: spawnedNs + 2300e6, logBytes: 0, flight: moved, diagnosis: 'deadlock' as const };

    // Then the watch goes on, as if nothing had been
    expect(watchdog.observe(after)).toEqual({ kind: 'continue' });
    expect(watchdog.stalledAtNs).toBeUndefined();
  });

  test('believes the stamp of the harness for when it last got on', () => {
    const watchdog = new Watchdog(limits, spawnedNs);
    const flight = flightAt({}, 0);
    if (flight === undefined) throw new Error('no flight');
    const at = (ms: number, stampMs: number) =>
      watchdog.observe({
        nowNs: spawnedNs + ms * 1e6,
        logBytes: 0,
        flight: {
          ...flight,
          lastProgressNs: spawnedNs + stampMs * 1e6,
          counters: [{ name: 'requests', kind: 'progress', value: ms }],
        },
      });

    at(100, 70);
    expect(watchdog.lastProgressNs).toBe(spawnedNs + 70e6);
    at(200, 900); // a stamp from the future is not believed
    expect(watchdog.lastProgressNs).toBe(spawnedNs + 200e6);
  });
});

describe('a harness that is slow', () => {
  test.each([
    ['within the limit', 500],
    ['just within the limit', 1900],
  ])('%s is left alone until the deadline', (_name, periodMs) => {
    const { told } = play({ progress: every(periodMs), diagnosis: 'deadlock' });

    expect(told.filter(({ decision }) => decision.kind !== 'take-sample')).toEqual([
      { ms: 30_000, decision: { kind: 'deadline', why: 'slow' } },
    ]);
  });

  test('beyond the limit is suspected, but counts as alive when it keeps coming back', () => {
    // Given one request in 4.2 s, the last one 0.6 s before the deadline
    const { told } = play({ progress: every(4200), diagnosis: 'unknown' });

    expect(told.some(({ decision }) => decision.kind === 'suspect-stuck')).toBe(true);
    expect(told.at(-1)).toEqual({ ms: 30_000, decision: { kind: 'deadline', why: 'slow' } });
  });

  test('to start does not count as a pause it came back from', () => {
    // Given 14 s of starting and then nothing
    const { told } = play({ state: (ms) => (ms < 14_000 ? 'starting' : 'running'), diagnosis: 'idle' });

    expect(told.at(-1)).toEqual({ ms: 30_000, decision: { kind: 'deadline', why: 'quiet' } });
  });
});

describe('a harness that is busy', () => {
  test('is not suspected at the limit, only after three times as long, and times out as busy', () => {
    const { told } = play({ cpuMs: (ms) => ms, diagnosis: 'busy' });

    const suspicions = told.filter(({ decision }) => decision.kind === 'suspect-stuck');
    expect(suspicions[0]).toEqual({
      ms: 6000,
      decision: { kind: 'suspect-stuck', quietMs: 6000, busy: true },
    });
    expect(told.at(-1)).toEqual({ ms: 30_000, decision: { kind: 'deadline', why: 'busy' } });
  });

  test('is stuck after all when a cycle is proven beside the thread that spins', () => {
    const { told } = play({ cpuMs: (ms) => ms, diagnosis: 'deadlock' });

    expect(told.at(-1)).toEqual({ ms: 6000, decision: { kind: 'stuck' } });
  });

  test.each([
    ['9 % of a core is not busy', 0.09, 2000],
    ['11 % of a core is', 0.11, 6000],
  ])('%s', (_name, share, suspectedMs) => {
    const { told } = play({ cpuMs: (ms) => ms * share, diagnosis: 'idle' });

    expect(told.find(({ decision }) => decision.kind === 'suspect-stuck')?.ms).toBe(suspectedMs);
  });

  test('counts as busy when it wants the CPU and does not get it', () => {
    const { told } = play({ threadState: 'R', diagnosis: 'idle' });

    expect(told.at(-1)).toEqual({ ms: 30_000, decision: { kind: 'deadline', why: 'busy' } });
  });
});

describe('a harness that never starts', () => {
  test('is given up at the start limit when it does not even write its flight file', () => {
    const { told } = play({ state: () => undefined });

    expect(told).toEqual([
      { ms: 11_250, decision: { kind: 'take-sample' } },
      { ms: 15_000, decision: { kind: 'take-sample' } },
      { ms: 15_000, decision: { kind: 'deadline', why: 'never-started' } },
    ]);
  });

  test('is given up at the start limit when it stays in state starting', () => {
    const { told, watchdog } = play({ state: () => 'starting', cpuMs: (ms) => ms });

    expect(told.at(-1)).toEqual({ ms: 15_000, decision: { kind: 'deadline', why: 'never-started' } });
    expect(watchdog.cpu?.cpuShare).toBe(1);
  });

  test('is given up at the deadline when that comes first', () => {
    const { told } = play({ state: () => 'starting' }, { deadlineMs: 5000 });

    expect(told.at(-1)).toEqual({ ms: 5000, decision: { kind: 'deadline', why: 'never-started' } });
  });

  test('is stuck when the dumps taken at the start limit prove a cycle', () => {
    const watchdog = new Watchdog(limits, spawnedNs);
    let decision: Decision = { kind: 'continue' };
    for (let ms = 0; decision.kind !== 'deadline'; ms += stepMs) {
      decision = watchdog.observe({ nowNs: spawnedNs + ms * 1e6, logBytes: 0, sample: null });
    }

    const dumped = { nowNs: spawnedNs + 15_200e6, logBytes: 0, diagnosis: 'deadlock' as const };
    expect(watchdog.observe(dumped)).toEqual({ kind: 'stuck' });
  });

  test('is not suspected while it starts', () => {
    const { told } = play({ state: (ms) => (ms < 14_000 ? 'starting' : 'running'), diagnosis: 'deadlock' });

    expect(told.find(({ decision }) => decision.kind === 'suspect-stuck')?.ms).toBe(16_000);
  });
});

describe('a harness that ends', () => {
  const endAt = (exit: HarnessExit) => (ms: number) => (ms >= 500 ? exit : undefined);
  const stateUntil = (state: FlightState) => (ms: number) => (ms >= 400 ? state : 'running');

  test.each<[string, FlightState, HarnessExit, Decision]>([
    ['0 after its work', 'finished', { code: 0 }, { kind: 'finished', lingers: false }],
    ['0 before its work is done', 'running', { code: 0 }, { kind: 'early-exit' }],
    ['0 although it failed', 'failed', { code: 0 }, { kind: 'early-exit' }],
    ['7', 'failed', { code: 7 }, { kind: 'crashed', lingers: false, killedFromOutside: false }],
    [
      '1 after its work',
      'finished',
      { code: 1 },
      { kind: 'crashed', lingers: false, killedFromOutside: false },
    ],
    [
      'by SIGSEGV',
      'running',
      { signal: 'SIGSEGV' },
      { kind: 'crashed', lingers: false, killedFromOutside: false },
    ],
    [
      'by a SIGKILL',
      'running',
      { signal: 'SIGKILL' },
      { kind: 'crashed', lingers: false, killedFromOutside: true },
    ],
    ['nobody knows how', 'running', {}, { kind: 'crashed', lingers: false, killedFromOutside: false }],
  ])('%s', (_name, state, exit, decision) => {
    const { told } = play({ state: stateUntil(state), exit: endAt(exit) });

    expect(told).toEqual([{ ms: 500, decision }]);
  });

  test('its work but lingers is finished after the grace, even at its deadline', () => {
    const { told } = play({ state: (ms) => (ms >= 29_000 ? 'finished' : 'running'), progress: every(100) });

    expect(told).toEqual([{ ms: 31_000, decision: { kind: 'finished', lingers: true } }]);
  });

  test('as failed but lingers is crashed after the grace', () => {
    const { told } = play({ state: (ms) => (ms >= 400 ? 'failed' : 'starting') });

    expect(told).toEqual([
      { ms: 2400, decision: { kind: 'crashed', lingers: true, killedFromOutside: false } },
    ]);
  });
});

test('a harness that writes more than the log limit is stopped', () => {
  const { told } = play({ progress: every(100), logBytes: (ms) => ms });

  expect(told).toEqual([{ ms: 1050, decision: { kind: 'log-flood' } }]);
});

test('a supervisor that was not scheduled does not take its own sleep for silence', () => {
  // Given a supervisor that could not look between 1 s and 9 s
  const { told } = play({ asleep: (ms) => ms > 1000 && ms < 9000, diagnosis: 'deadlock' });

  // Then 0.5 s of the gap counts, and the two samples are taken after it
  expect(told.map(({ ms, decision }) => [ms, decision.kind])).toEqual([
    [9000, 'take-sample'],
    [9500, 'take-sample'],
    [9500, 'suspect-stuck'],
    [9500, 'stuck'],
  ]);
});
