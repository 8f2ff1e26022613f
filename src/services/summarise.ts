/** From runs to the row of a path, and from rows to the result of the whole check. */
import { exitCodes } from '../exit-codes.js';
import { count } from '../report/format.js';
import type { CheckReport, PathSummary, RunReport } from '../report/report.js';
import type { Path, RuntimeName, Scenario } from '../scenario/manifest.js';
import { eventCounts, sumCounters } from './event-counts.js';
import { exitOfRun, strongest } from './exit-of.js';

/** One path of one scenario on one runtime: a row of the table. */
export interface PathPlan {
  scenario: Scenario;
  runtime: RuntimeName;
  path: Path;
}

type PathResult = Pick<PathSummary, 'result' | 'because'>;

/** @param wanted how many runs there were to be */
export function summarisePath(
  { scenario, runtime, path }: PathPlan,
  runs: RunReport[],
  wanted: number,
): PathSummary {
  const times = runs.flatMap(({ timeToDeadlockMs }) =>
    timeToDeadlockMs === undefined ? [] : [timeToDeadlockMs],
  );
  return {
    scenario: scenario.id,
    runtime,
    path,
    runs,
    deadlocks: runs.filter((run) => run.ending === 'stuck').length,
    ...(times.length === 0 ? {} : { timeToDeadlockMs: range(times) }),
    events: eventCounts(sumCounters(runs.map((run) => run.counters))),
    ...pathResult(path, runs, wanted),
  };
}

function range(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}

function pathResult(path: PathSummary['path'], runs: readonly RunReport[], wanted: number): PathResult {
  const having = (result: RunReport['result']) => runs.filter((run) => run.result === result);
  const [unexpected] = having('unexpected');
  if (path !== 'callback' && unexpected !== undefined) {
    return { result: 'fail', because: `${share(having('unexpected'), runs)}${unexpected.because}` };
  }
  const [error] = having('error');
  if (error !== undefined)
    return { result: 'error', because: `${share(having('error'), runs)}${error.because}` };
  if (runs.length < wanted || having('interrupted').length > 0) {
    return {
      result: 'interrupted',
      because: `Stopped after ${count(having('as-expected').length, 'whole run')} of ${wanted}.`,
    };
  }
  const unclear = runs.filter((run) => run.result !== 'as-expected');
  const [first] = unclear;
  if (first === undefined)
    return { result: 'pass', because: `${share(runs, runs)}${runs[0]?.because ?? ''}` };
  const what = path === 'callback' ? 'The positive control failed, so this check cannot see. ' : '';
  return { result: 'inconclusive', because: `${what}${share(unclear, runs)}${first.because}` };
}

/** How many of the runs a sentence speaks of; nothing when there is only one. */
function share(some: readonly RunReport[], all: readonly RunReport[]): string {
  if (all.length === 1) return '';
  return some.length === all.length ? `All ${all.length} runs: ` : `${some.length} of ${all.length} runs: `;
}

export interface CheckState {
  isLate: boolean;
  isInterrupted: boolean;
  interruptCode?: number;
  deadline?: { ms: number; source: string };
}

type Conclusion = Pick<CheckReport, 'result' | 'exitCode' | 'summary'>;

/** An interrupt comes first, then what is proven, then trouble, then doubt. */
export function concludeCheck(paths: readonly PathSummary[], state: CheckState): Conclusion {
  const of = (result: PathSummary['result']) => paths.filter((path) => path.result === result);
  const [failed, broken, doubtful] = [of('fail'), of('error'), of('inconclusive')];
  if (state.isInterrupted) {
    const exitCode = state.interruptCode ?? exitCodes.sigint;
    return { result: 'interrupted', exitCode, summary: `Interrupted: ${progress(paths)}` };
  }
  if (failed.length > 0)
    return { result: 'fail', exitCode: exitOfFailure(failed), summary: sentence(failed) };
  if (state.isLate) {
    const by = state.deadline ? ` (${state.deadline.source})` : '';
    return {
      result: 'timeout',
      exitCode: exitCodes.deadline,
      summary: `The deadline${by} has passed: ${progress(paths)}`,
    };
  }
  if (broken.length > 0)
    return { result: 'error', exitCode: exitOfTrouble(broken), summary: sentence(broken) };
  if (paths.length === 0) {
    return { result: 'inconclusive', exitCode: exitCodes.inconclusive, summary: 'There was nothing to run.' };
  }
  if (doubtful.length > 0) {
    return { result: 'inconclusive', exitCode: exitCodes.inconclusive, summary: sentence(doubtful) };
  }
  return { result: 'pass', exitCode: exitCodes.clean, summary: passed(paths) };
}

function passed(paths: readonly PathSummary[]): string {
  const runtimes = [...new Set(paths.map((path) => path.runtime))].join(' and ');
  const survivors = survivingPaths.filter(({ path }) => paths.some((row) => row.path === path));
  const names = survivors.map(({ name }) => name).join(' and ');
  return `On ${runtimes} the callback path deadlocks in every run and ${names} in none.`;
}

const survivingPaths: readonly { path: Path; name: string }[] = [
  { path: 'recorder', name: 'the native recorder' },
  { path: 'gpu-stamp', name: 'the GPU stamp' },
];

function sentence(paths: readonly PathSummary[]): string {
  return paths.map((path) => `${path.scenario} ${path.runtime} ${path.path}: ${path.because}`).join(' ');
}

function progress(paths: readonly PathSummary[]): string {
  const runs = paths.reduce((sum, path) => sum + path.runs.length, 0);
  return `${count(runs, 'run')} made, ${count(paths.filter((path) => path.result === 'pass').length, 'path')} complete and as expected.`;
}

/** A deadlock where there must be none outweighs lost events. */
function exitOfFailure(failed: readonly PathSummary[]): number {
  return failed.some((path) => path.deadlocks > 0) ? exitCodes.deadlock : exitCodes.race;
}

/** What the broken runs say by themselves; a callback run's deadlock is no finding. */
function exitOfTrouble(broken: readonly PathSummary[]): number {
  const runs = broken.flatMap((path) => path.runs.filter((run) => run.result === 'error'));
  return strongest(runs.map((run) => exitOfRun(run)));
}
