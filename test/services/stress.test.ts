import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import type { StressProgress } from '../../src/report/progress-events.js';
import { type StressRequest, stress } from '../../src/services/stress.js';
import {
  type Answer,
  configurationOf,
  deadlocked,
  dependencies,
  outcome,
  temporaryFolder,
} from './doubles.js';

async function request(over: Partial<StressRequest> = {}): Promise<StressRequest> {
  return {
    scenario: 'double',
    variant: 'buggy',
    runtime: 'js',
    device: 'sim',
    settings: [],
    repeat: 1,
    seed: 11,
    runRoot: await temporaryFolder(),
    signal: new AbortController().signal,
    ...over,
  };
}

async function run(answer: Answer, over: Partial<StressRequest> = {}) {
  const use = dependencies(answer);
  const report = await stress(await request(over), use);
  return { report, calls: use.calls };
}

describe('several runs', () => {
  it('end after so many failures, and none is missing', async () => {
    const answer: Answer = (_, call) => (call % 2 === 0 ? deadlocked('js') : outcome());
    const { report, calls } = await run(answer, { repeat: 50, stopAt: 2 });
    expect(calls).toHaveLength(4);
    expect(report).toMatchObject({ exitCode: 3, notRun: 0 });
  });
});

describe('a run', () => {
  it('hands the harness its configuration and the supervisor its limits', async () => {
    const { calls } = await run(() => outcome(), {
      inactivityMs: 500,
      deadlineMs: 9000,
      durationMs: 700,
      threads: 4,
      settings: [{ name: 'blocking-call', value: 'free' }],
    });
    expect(calls).toHaveLength(1);
    const [call] = calls;
    if (call === undefined) return;
    expect(call).toMatchObject({ command: process.execPath, inactivityMs: 500, deadlineMs: 9000 });
    expect(call.args[0]).toMatch(/dist\/scenarios\/double\/harness\.js$/);
    expect(configurationOf(call)).toMatchObject({
      scenario: 'double',
      variant: 'buggy',
      path: 'callback',
      device: 'sim',
      seed: 11,
      library: '/lib.so',
      flight: join(call.runFolder.path, 'events.kvr'),
      binding: expect.stringMatching(/native\/capi$/),
      parameters: { workers: 4, 'blocking-call': 'free' },
      iterations: 2 ** 31 - 1,
      durationMs: 700,
    });
  });

  it.each([
    [{}, { iterations: 50, durationMs: 0, deadlineMs: 30_000 }],
    [{ iterations: 7 }, { iterations: 7, durationMs: 0, deadlineMs: 30_000 }],
    [{ durationMs: 60_000 }, { iterations: 2 ** 31 - 1, durationMs: 60_000, deadlineMs: 90_000 }],
    [
      { durationMs: 1000, iterations: 7 },
      { iterations: 7, durationMs: 1000, deadlineMs: 31_000 },
    ],
    [{ inactivityMs: 20_000 }, { iterations: 50, durationMs: 0, deadlineMs: 80_000 }],
  ])('with %j does %j', async (asked, expected) => {
    const { calls } = await run(() => outcome(), asked);
    const [call] = calls;
    if (call === undefined) throw new Error('no run was made');
    expect({ ...configurationOf(call), deadlineMs: call.deadlineMs }).toMatchObject(expected);
  });

  it('runs Python by the interpreter that was verified', async () => {
    const { report, calls } = await run(() => outcome(), { runtime: 'python', variant: 'fixed' });
    expect(calls[0]).toMatchObject({ command: '/usr/bin/python3' });
    expect(calls[0]?.args[0]).toMatch(/scenarios\/double\/harness\.py$/);
    expect(report.runs[0]?.runtimeVersion).toBe('CPython 3.11.7 (/usr/bin/python3)');
  });

  it('gives a harness that imports packages a minute to start, once they were found', async () => {
    const use = dependencies(() => outcome());
    const packages = [{ module: 'letters', suggestions: [] }];
    const checked: unknown[] = [];
    await stress(await request({ runtime: 'python' }), {
      ...use,
      loadScenario: async () => ({ ...(await use.loadScenario()), packages: () => packages }),
      checkPackages: async (...asked) => void checked.push(asked),
    });
    expect(checked).toEqual([[packages, await use.findPython()]]);
    expect(use.calls[0]).toMatchObject({ startMs: 60_000, deadlineMs: 90_000 });
    expect((await run(() => outcome())).calls[0]).not.toHaveProperty('startMs');
  });

  it('makes no run of values that do not go together', async () => {
    const use = dependencies(() => outcome());
    const refuse = () => ({ problem: 'workers=2 is too few', suggestions: ['set workers=3'] });
    const loadScenario = async () => ({ ...(await use.loadScenario()), refuse });
    const error = await stress(await request(), { ...use, loadScenario }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      message: 'workers=2 is too few',
      exitCode: 2,
      suggestions: ['set workers=3'],
    });
    expect(error).toBeInstanceOf(Abort);
    expect(use.calls).toEqual([]);
  });

  it('reports a deadlock with the cuts of the scenario first', async () => {
    const { report } = await run(() => deadlocked('js'));
    expect(report.exitCode).toBe(3);
    expect(report.runs[0]).toMatchObject({
      ending: 'stuck',
      result: 'as-expected',
      timeToDeadlockMs: 120,
      verdict: { kind: 'deadlock', family: 'js-thread-blocked' },
      events: { scheduled: 200, delivered: 200, lost: 0, publishUs: 3, deliverUs: 20 },
      repeat: 'kvtool stress double --variant buggy --path callback --runtime js --device sim --seed 11',
    });
    expect(report.runs[0]?.verdict.cuts[0]).toBe('Record natively.');
    expect(report.runs[0]?.stallToVerdictMs).toEqual(expect.any(Number));
  });

  it('counts the time to the deadlock until the last party began to wait', async () => {
    const { report } = await run(() => {
      const result = deadlocked('js');
      const { flight, verdict } = result;
      const startedNs = flight?.startedNs ?? 0;
      const line = { name: 'party', holds: [], wants: 'mutex:M', torn: false };
      const lines = verdict.cycle.map((step, index) => {
        return { ...line, tid: step.actor.tid, sinceNs: startedNs + (index + 1) * 7e6 };
      });
      flight?.lines.push(...lines, { ...line, tid: 999, sinceNs: startedNs + 1e9 });
      return result;
    });
    expect(report.runs[0]?.timeToDeadlockMs).toBe(21);
  });

  it('has its report on disk before the harness is killed, and the same one after', async () => {
    let before = '';
    const use = dependencies(() => deadlocked('js'));
    const { supervise } = use;
    use.supervise = async (options) => {
      const result = await supervise(options);
      before = await readFile(options.runFolder.file('report.json'), 'utf8');
      return result;
    };
    const report = await stress(await request(), use);
    expect(JSON.parse(before)).toMatchObject({ ending: 'stuck', verdict: { kind: 'deadlock' } });
    const folder = report.runs[0]?.runFolder ?? '';
    expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toEqual(report.runs[0]);
  });

  it('repeats everything that was asked for in its command line', async () => {
    const { report } = await run(() => outcome(), {
      runtime: 'python',
      python: '/opt/my python',
      path: 'recorder',
      iterations: 9,
      durationMs: 250,
      settings: [{ name: 'workers', value: '3' }],
    });
    expect(report.runs[0]?.repeat).toBe(
      'kvtool stress double --variant buggy --path recorder --runtime python --device sim --seed 11 ' +
        "--python '/opt/my python' --iterations 9 --duration 250ms --set workers=3",
    );
  });
});

describe('exit codes', () => {
  const table: [string, Answer, number][] = [
    ['clean', () => outcome(), 0],
    ['lost events', () => outcome({ counters: { 'events.scheduled': 5, 'events.lost': 5 } }), 4],
    ['window closed', () => outcome({ windowOpens: 0 }), 5],
    ['crashed', () => outcome({ ending: 'crashed', exit: { code: 1 } }), 1],
    ['killed from outside', () => outcome({ ending: 'crashed', exit: { signal: 'SIGKILL' } }), 75],
    ['deadline', () => outcome({ ending: 'timeout' }), 124],
    ['one deadlock of two runs', (_, call) => (call === 1 ? outcome() : deadlocked('js')), 3],
  ];
  it.each(table)('%s', async (_, answer, code) => {
    expect((await run(answer, { path: 'recorder', repeat: 2 })).report.exitCode).toBe(code);
  });

  it('stops at an interrupt and says how many runs were not made', async () => {
    const controller = new AbortController();
    const answer: Answer = () => {
      controller.abort('SIGTERM');
      return outcome({ ending: 'interrupted' });
    };
    const { report } = await run(answer, { repeat: 4, signal: controller.signal, interruptCode: () => 143 });
    expect(report).toMatchObject({ exitCode: 143, notRun: 3 });
    expect(report.runs).toHaveLength(1);
  });
});

describe('repeated runs', () => {
  it('have different seeds, the first the root itself, and tell of their progress', async () => {
    const events: StressProgress[] = [];
    const { report } = await run(() => outcome(), {
      repeat: 3,
      variant: 'fixed',
      onProgress: (event) => events.push(event),
    });
    const seeds = report.runs.map((each) => each.seed);
    expect(seeds[0]).toBe(11);
    expect(new Set(seeds).size).toBe(3);
    expect(new Set(report.runs.map((each) => each.runFolder)).size).toBe(3);
    const kinds = events.map((event) => event.kind);
    expect(kinds).toEqual([
      'run-started',
      'run-ended',
      'run-started',
      'run-ended',
      'run-started',
      'run-ended',
    ]);
  });
});

describe('bad input', () => {
  it.each([
    ['variant', { variant: 'bugy' }, 'did you mean buggy?'],
    ['path', { variant: 'fixed', path: 'callback' as const }, 'use --path recorder'],
    ['parameter', { settings: [{ name: 'blocking-cal', value: 'free' }] }, 'did you mean blocking-call?'],
    ['call', { blockingCall: 'frei' }, 'did you mean free?'],
  ])('%s', async (_, over, suggestion) => {
    const error = await run(() => outcome(), over).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, suggestions: expect.arrayContaining([suggestion]) });
  });

  it('an unwritable run folder', async () => {
    const error = await run(() => outcome(), { runRoot: '/dev/null/runs' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Abort);
    expect(error).toMatchObject({ exitCode: 2 });
  });
});
