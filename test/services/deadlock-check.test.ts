import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import type { CheckReport } from '../../src/report/report.js';
import type { Run } from '../../src/scenario/manifest.js';
import {
  type CheckDependencies,
  type CheckRequest,
  deadlockCheck,
} from '../../src/services/deadlock-check.js';
import {
  type Answer,
  asExpected,
  configurationOf,
  deadlocked,
  deadlockVerdict,
  dependencies,
  outcome,
  scenario,
  temporaryFolder,
} from './doubles.js';

async function check(answer: Answer, over: Partial<CheckRequest> = {}, use: Partial<CheckDependencies> = {}) {
  const double = dependencies(answer);
  const request: CheckRequest = {
    scenarios: [],
    runtimes: [],
    device: 'sim',
    repeat: 2,
    seed: 5,
    runRoot: await temporaryFolder(),
    signal: new AbortController().signal,
    ...over,
  };
  const report = await deadlockCheck(request, { ...double, ...use });
  return { report, calls: double.calls };
}

/** The recorder path answers `wish`, the callback path deadlocks as it must. */
const onRecorder =
  (wish: () => ReturnType<Answer>): Answer =>
  (configuration, call) =>
    configuration.path === 'recorder' ? wish() : asExpected(configuration, call);

const onCallback =
  (wish: () => ReturnType<Answer>): Answer =>
  (configuration, call) =>
    configuration.path === 'callback' ? wish() : asExpected(configuration, call);

describe('a sound check', () => {
  it('passes: the callback path deadlocks in every run and the recorder in none', async () => {
    const { report, calls } = await check(asExpected);
    expect(report).toMatchObject({ result: 'pass', exitCode: 0, seed: 5, device: 'sim', warnings: [] });
    expect(report.summary).toBe(
      'On js and python the callback path deadlocks in every run and the native recorder in none.',
    );
    expect(
      report.paths.map(({ runtime, path, deadlocks, result }) => [runtime, path, deadlocks, result]),
    ).toEqual([
      ['js', 'callback', 2, 'pass'],
      ['js', 'recorder', 0, 'pass'],
      ['python', 'callback', 2, 'pass'],
      ['python', 'recorder', 0, 'pass'],
    ]);
    expect(calls).toHaveLength(8);
  });

  it('sums up times, events and costs', async () => {
    const { report } = await check(asExpected, { runtimes: ['js'], repeat: 3 });
    expect(report.paths[0]?.timeToDeadlockMs).toEqual({ min: 120, median: 120, max: 120 });
    expect(report.paths[1]?.timeToDeadlockMs).toBeUndefined();
    expect(report.paths[1]?.events).toEqual({
      scheduled: 600,
      delivered: 600,
      lost: 0,
      publishUs: 3,
      deliverUs: 20,
    });
  });

  it('gives every run its own seed, the same whichever runtimes run', async () => {
    const both = await check(asExpected);
    const python = await check(asExpected, { runtimes: ['python'] });
    const seeds = both.calls.map((call) => configurationOf(call).seed);
    expect(new Set(seeds).size).toBe(8);
    expect(python.calls.map((call) => configurationOf(call).seed)).toEqual(seeds.slice(4));
  });

  it('writes its report', async () => {
    const { report } = await check(asExpected);
    expect(JSON.parse(await readFile(report.reportFile, 'utf8'))).toEqual(report);
    expect(report.reportFile).toMatch(/-deadlock-check-5\/report\.json$/);
  });

  it('reports before anything runs and after every path; until the end as interrupted', async () => {
    const reports: CheckReport[] = [];
    await check(asExpected, { runtimes: ['js'], onReport: (report) => void reports.push(report) });
    expect(reports.map(({ paths, result }) => [paths.length, result])).toEqual([
      [0, 'interrupted'],
      [1, 'interrupted'],
      [2, 'interrupted'],
      [2, 'pass'],
    ]);
  });
});

describe('a scenario with a third path', () => {
  const [buggy, ...others] = scenario.variants;
  if (buggy === undefined) throw new Error('the double has no variants');
  const three = {
    ...scenario,
    variants: [{ ...buggy, paths: ['callback', 'recorder', 'gpu-stamp'] as const }, ...others],
    expect: (run: Run) =>
      scenario.expect({ ...run, path: run.path === 'callback' ? 'callback' : 'recorder' }),
  };
  const use = { loadScenarios: async () => [three] };

  it('has a row for it, which must survive', async () => {
    const { report } = await check(asExpected, { runtimes: ['js'] }, use);
    expect(report.paths.map(({ path, deadlocks, result }) => [path, deadlocks, result])).toEqual([
      ['callback', 2, 'pass'],
      ['recorder', 0, 'pass'],
      ['gpu-stamp', 0, 'pass'],
    ]);
    expect(report.summary).toBe(
      'On js the callback path deadlocks in every run and the native recorder and the GPU stamp in none.',
    );
  });

  it('fails when it deadlocks, and says on which path', async () => {
    const answer: Answer = (configuration, call) =>
      configuration.path === 'gpu-stamp' ? deadlocked('js') : asExpected(configuration, call);
    const { report } = await check(answer, { runtimes: ['js'] }, use);
    expect(report).toMatchObject({ result: 'fail', exitCode: 3 });
    expect(report.summary).toMatch(/^double js gpu-stamp: All 2 runs: It deadlocked/);
  });
});

describe('what it finds', () => {
  const wrongCycle = () => {
    const verdict = deadlockVerdict('js');
    return deadlocked('js', { verdict: { ...verdict, family: 'abba-mutex' } });
  };
  const table: [string, Answer, string, number, RegExp][] = [
    [
      'a deadlock on the recorder path',
      onRecorder(() => deadlocked('js')),
      'fail',
      3,
      /All 2 runs: It deadlocked/,
    ],
    [
      'lost events',
      onRecorder(() =>
        outcome({ counters: { 'events.scheduled': 9, 'events.delivered': 8, 'events.lost': 1 } }),
      ),
      'fail',
      4,
      /8 were delivered and 1 counted as lost/,
    ],
    [
      'a window that never opened',
      onRecorder(() => outcome({ windowOpens: 0 })),
      'inconclusive',
      5,
      /never opened/,
    ],
    [
      'a positive control that finishes',
      onCallback(() => outcome()),
      'inconclusive',
      5,
      /this check cannot see/,
    ],
    ['a positive control with another cycle', onCallback(wrongCycle), 'inconclusive', 5, /found abba-mutex/],
    [
      'a crash',
      onRecorder(() =>
        outcome({ ending: 'crashed', exit: { signal: 'SIGSEGV' }, because: 'It died of SIGSEGV.' }),
      ),
      'error',
      1,
      /It died of SIGSEGV/,
    ],
    [
      'a kill from outside',
      onCallback(() => outcome({ ending: 'crashed', exit: { signal: 'SIGKILL' }, because: 'Killed.' })),
      'error',
      75,
      /Killed/,
    ],
    ['a slow run', onRecorder(() => outcome({ ending: 'timeout', because: 'Slow.' })), 'error', 124, /Slow/],
  ];
  it.each(table)('%s', async (_, answer, result, exitCode, because) => {
    const { report } = await check(answer, { runtimes: ['js'] });
    expect(report).toMatchObject({ result, exitCode });
    expect(report.summary).toMatch(because);
  });

  it('lets a proven deadlock outweigh lost events and trouble elsewhere', async () => {
    const { report } = await check((configuration, call) => {
      if (configuration.path === 'callback') return outcome({ ending: 'crashed', exit: { code: 1 } });
      return call % 2 === 0 ? deadlocked('js') : outcome({ counters: { 'events.scheduled': 1 } });
    });
    expect(report).toMatchObject({ result: 'fail', exitCode: 3 });
  });
});

describe('the overall deadline', () => {
  /** A clock that jumps by `ms` per run. */
  function slowRuns(ms: number): { now: () => number; answer: Answer } {
    let time = 0;
    return {
      now: () => time,
      answer: (configuration, call) => {
        time += ms;
        return asExpected(configuration, call);
      },
    };
  }

  it('starts nothing new when it has passed and exits 124', async () => {
    const { now, answer } = slowRuns(20_000);
    const deadline = { ms: 50_000, source: '--deadline' };
    const { report, calls } = await check(answer, { deadline }, { now });
    expect(calls).toHaveLength(3);
    expect(report).toMatchObject({ result: 'timeout', exitCode: 124 });
    expect(report.summary).toBe(
      'The deadline (--deadline) has passed: 3 runs made, 1 path complete and as expected.',
    );
    expect(report.paths.map((path) => path.result)).toEqual([
      'pass',
      'interrupted',
      'interrupted',
      'interrupted',
    ]);
  });

  it('cuts the last run short, which is then its own fault and not that of the run', async () => {
    const deadline = { ms: 8000, source: '--deadline' };
    const slow = onRecorder(() => outcome({ ending: 'timeout' }));
    const { report, calls } = await check(slow, { runtimes: ['js'], deadline }, { now: () => 0 });
    expect(calls[0]?.deadlineMs).toBe(8000);
    expect(report).toMatchObject({ result: 'timeout', exitCode: 124 });
  });

  it('does not hide what has been proven', async () => {
    let time = 0;
    const answer = onRecorder(() => {
      time = 60_000;
      return deadlocked('js');
    });
    const deadline = { ms: 50_000, source: '--deadline' };
    const { report } = await check(answer, { deadline }, { now: () => time });
    expect(report).toMatchObject({ result: 'fail', exitCode: 3 });
  });
});

describe('an interrupt', () => {
  it('ends the check with the code of the signal and lists what was not run', async () => {
    const controller = new AbortController();
    const answer: Answer = (configuration, call) => {
      if (call < 3) return asExpected(configuration, call);
      controller.abort('SIGTERM');
      return outcome({ ending: 'interrupted', because: 'Interrupted.' });
    };
    const { report, calls } = await check(answer, { signal: controller.signal, interruptCode: () => 143 });
    expect(calls).toHaveLength(3);
    expect(report).toMatchObject({ result: 'interrupted', exitCode: 143 });
    expect(report.paths.map((path) => path.result)).toEqual([
      'pass',
      'interrupted',
      'interrupted',
      'interrupted',
    ]);
    expect(JSON.parse(await readFile(report.reportFile, 'utf8'))).toEqual(report);
  });
});

describe('runtimes', () => {
  const noPython = async () => {
    throw new Abort('no python3 or python on the PATH', 69);
  };

  it('leaves Python out with a warning when nobody asked for it', async () => {
    const { report } = await check(asExpected, {}, { findPython: noPython });
    expect(report).toMatchObject({ result: 'pass', exitCode: 0 });
    expect(report.paths.map((path) => path.runtime)).toEqual(['js', 'js']);
    expect(report.warnings).toEqual(['Python is left out: no python3 or python on the PATH.']);
  });

  it.each([{ runtimes: ['python' as const] }, { python: '/opt/python' }])(
    'insists on it with %j',
    async (over) => {
      await expect(check(asExpected, over, { findPython: noPython })).rejects.toMatchObject({ exitCode: 69 });
    },
  );

  it('is inconclusive when nothing is left to run', async () => {
    const { report } = await check(asExpected, {}, { loadScenarios: async () => [] });
    expect(report).toMatchObject({ result: 'inconclusive', exitCode: 5 });
  });
});
