/** Reports with fixed times and paths, so that every output of them can be compared as a whole. */
import type { CheckReport, PathSummary, RunReport } from '../../src/report/report.js';
import { concludeCheck, summarisePath } from '../../src/services/summarise.js';
import { cleanCounters, deadlockVerdict, okVerdict, scenario } from '../services/doubles.js';

type Runtime = RunReport['runtime'];

function run(over: Partial<RunReport> & Pick<RunReport, 'path' | 'runtime'>): RunReport {
  const { path, runtime } = over;
  const python = runtime === 'python';
  return {
    schemaVersion: 1,
    scenario: scenario.id,
    variant: 'buggy',
    runtimeVersion: python ? 'CPython 3.11.7 (/usr/bin/python3)' : 'Node 20.20.2',
    device: 'sim',
    seed: 7,
    parameters: { workers: 2, 'blocking-call': 'first-load' },
    startedAt: '2026-11-20T18:00:00.000Z',
    durationMs: 430,
    ending: 'finished',
    windowOpens: 50,
    events: { scheduled: 200, delivered: 200, lost: 0, publishUs: 3, deliverUs: 20 },
    counters: cleanCounters,
    expected: scenario.expect({ variant: 'buggy', path, runtime, device: 'sim', parameters: {} }),
    verdict: okVerdict('The harness finished its work after 0.4 s.'),
    result: 'as-expected',
    because: 'It did all its work, and the hazard window was open 50 times.',
    runFolder: `/runs/1-double-7-${runtime}-${path}`,
    artefacts: ['events.kvr', 'harness.log', 'report.json'],
    repeat: `kvtool stress double --variant buggy --path ${path} --runtime ${runtime} --device sim --seed 7`,
    warnings: [],
    ...over,
  };
}

export function finishedRun(runtime: Runtime = 'js', over: Partial<RunReport> = {}): RunReport {
  return run({ runtime, path: 'recorder', exit: { code: 0 }, ...over });
}

export function deadlockedRun(runtime: Runtime = 'js', over: Partial<RunReport> = {}): RunReport {
  const verdict = {
    ...deadlockVerdict(runtime),
    cuts: ['Record natively.', 'Drop the lock round the call.'],
  };
  return run({
    runtime,
    path: 'callback',
    durationMs: 2600,
    ending: 'stuck',
    timeToDeadlockMs: 120.4,
    stallToVerdictMs: 2310.2,
    events: { scheduled: 42, delivered: 40, lost: 0, publishUs: 3.5, deliverUs: 180 },
    counters: { requests: 20, 'events.scheduled': 42, 'events.delivered': 40, 'events.lost': 0 },
    verdict,
    because: 'It deadlocked as expected: nobody gives way.',
    artefacts: ['dump-1.json', 'dump-2.json', 'events.kvr', 'harness.log', 'report.json'],
    ...over,
  });
}

/** The row of these runs; without any, of a recorder path on CPython that was never begun. */
export function path(runs: RunReport[], wanted = runs.length): PathSummary {
  const [first] = runs;
  const row = { scenario, runtime: first?.runtime ?? 'python', path: first?.path ?? 'recorder' } as const;
  return summarisePath(row, runs, wanted);
}

export function checkOf(paths: PathSummary[], over: Partial<CheckReport> = {}): CheckReport {
  return {
    schemaVersion: 1,
    command: 'deadlock-check',
    seed: 7,
    device: 'sim',
    startedAt: '2026-11-20T18:00:00.000Z',
    durationMs: 6060,
    paths,
    ...concludeCheck(paths, { isLate: false, isInterrupted: false }),
    reportFile: '/runs/1-deadlock-check-7/report.json',
    warnings: [],
    ...over,
  };
}

export function passed(): CheckReport {
  return checkOf([
    path([deadlockedRun('js'), deadlockedRun('js', { timeToDeadlockMs: 300 })]),
    path([finishedRun('js'), finishedRun('js')]),
    path([finishedRun('js', { path: 'gpu-stamp' }), finishedRun('js', { path: 'gpu-stamp' })]),
    path([deadlockedRun('python'), deadlockedRun('python', { timeToDeadlockMs: 1400 })]),
    path([finishedRun('python'), finishedRun('python')]),
  ]);
}

/** The recorder path deadlocks, the other runtime's harness crashes with control characters in its last words. */
export function failed(): CheckReport {
  const hung = deadlockedRun('js', {
    path: 'recorder',
    result: 'unexpected',
    because: 'It deadlocked, expected to finish: cycle of 3 <&> "quoted".',
  });
  const crashed = finishedRun('python', {
    path: 'callback',
    ending: 'crashed',
    exit: { signal: 'SIGSEGV' },
    result: 'error',
    because: 'The harness died of SIGSEGV. Its last words: \u001b[31mbad\u001b[0m \u0000\u0008byte',
  });
  const unfinished = path([], 2);
  return checkOf(
    [path([deadlockedRun('js')]), path([hung, finishedRun('js')]), path([crashed]), unfinished],
    {
      warnings: ['Something is odd.'],
    },
  );
}
