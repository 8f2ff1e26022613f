/**
 * `kvtool deadlock-check`: per scenario and runtime, the old callback path must deadlock (the positive control: the
 * check can see) and every other path that the scenario has must not.
 */
import { given } from '../given.js';
import { createRunFolder, type RunFolder, runFiles } from '../harness/run-folder.js';
import type { CheckProgress } from '../report/progress-events.js';
import type { CheckReport, PathSummary, RunReport } from '../report/report.js';
import type { DeviceName, RuntimeName, Scenario } from '../scenario/manifest.js';
import { pickVariant, resolveParameters } from '../scenario/parameters.js';
import { loadScenarios } from '../scenario/registry.js';
import { checkDevice } from './devices.js';
import { findPython, type Python } from './python.js';
import { defaultDeadlineMs, runDefaults } from './run-limits.js';
import { type RunDependencies, realDependencies, runOne } from './run-one.js';
import { chooseRuntimes } from './runtimes.js';
import { randomSeed, runSeed } from './seeds.js';
import { concludeCheck, type PathPlan, summarisePath } from './summarise.js';

/** Every time is in ms. */
export interface CheckRequest {
  /** None: all of them. */
  scenarios: readonly string[];
  /** None: all that a scenario has, without those that this machine lacks. */
  runtimes: readonly RuntimeName[];
  device: DeviceName;
  python?: string;
  repeat: number;
  seed?: number;
  inactivityMs?: number;
  /** For the whole check. */
  deadline?: { ms: number; source: string };
  runRoot?: string;
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode?: () => number | undefined;
  onProgress?: (progress: CheckProgress) => void;
  /** Called whenever there is more to report; the last call gets the final report. */
  onReport?: (report: CheckReport) => Promise<void> | void;
}

export interface CheckDependencies extends RunDependencies {
  loadScenarios: typeof loadScenarios;
  findPython: typeof findPython;
  checkDevice: typeof checkDevice;
  /** Milliseconds; only differences count. */
  now: () => number;
}

const real: CheckDependencies = {
  ...realDependencies,
  loadScenarios,
  findPython,
  checkDevice,
  now: () => performance.now(),
};

/** With less time left than this no run is begun: it could not show anything, ms. */
const shortestRunMs = 3000;

/** @throws Abort: see `runOne`; also exit 2 for an unknown scenario, 69 for a missing GPU or a Python asked for */
export async function deadlockCheck(
  request: CheckRequest,
  use: CheckDependencies = real,
): Promise<CheckReport> {
  const loaded = await use.loadScenarios(request.scenarios);
  const scenarios = loaded.filter(({ draft }) => request.scenarios.length > 0 || draft !== true);
  for (const scenario of scenarios) await use.checkDevice(scenario, request.device);
  const { runtimes, python, warnings } = await chooseRuntimes(
    request.runtimes,
    request.python,
    use.findPython,
  );
  const seed = request.seed ?? randomSeed();
  const folder = await createRunFolder({
    scenario: 'deadlock-check',
    seed,
    ...given({ root: request.runRoot }),
  });
  const check = new Check(request, use, { seed, folder, warnings, ...given({ python }) });
  for (const text of warnings) request.onProgress?.({ kind: 'note', text });
  // Once before anything runs: an output that cannot be written is better known now.
  await check.begin();
  for (const plan of plansOf(scenarios, runtimes)) await check.runPath(plan);
  return check.finish();
}

function plansOf(scenarios: readonly Scenario[], runtimes: readonly RuntimeName[]): PathPlan[] {
  const plans: PathPlan[] = [];
  for (const scenario of scenarios) {
    for (const runtime of scenario.runtimes.filter((name) => runtimes.includes(name))) {
      const checked = pickVariant(scenario, scenario.check.variant);
      for (const path of checked.paths) plans.push({ scenario, runtime, path });
    }
  }
  return plans;
}

interface CheckState {
  seed: number;
  folder: RunFolder;
  warnings: readonly string[];
  python?: Python;
}

class Check {
  readonly #request: CheckRequest;
  readonly #use: CheckDependencies;
  readonly #state: CheckState;
  readonly #startedAt = new Date();
  readonly #startedMs: number;
  readonly #paths: PathSummary[] = [];
  #isLate = false;

  constructor(request: CheckRequest, use: CheckDependencies, state: CheckState) {
    this.#request = request;
    this.#use = use;
    this.#state = state;
    this.#startedMs = use.now();
  }

  async runPath(plan: PathPlan): Promise<void> {
    const { repeat, onProgress } = this.#request;
    const row = { scenario: plan.scenario.id, runtime: plan.runtime, path: plan.path };
    const runs: RunReport[] = [];
    for (let number = 1; number <= repeat && this.#mayStart(); number++) {
      onProgress?.({ kind: 'run-started', row, number, of: repeat });
      const report = await this.#run(plan, number);
      onProgress?.({ kind: 'run-ended', row, number, of: repeat, report });
      runs.push(report);
    }
    this.#paths.push(summarisePath(plan, runs, repeat));
    await this.#save(false);
  }

  async begin(): Promise<void> {
    await this.#save(false);
  }

  async finish(): Promise<CheckReport> {
    return this.#save(true);
  }

  #mayStart(): boolean {
    if (this.#request.signal.aborted || this.#isLate) return false;
    this.#isLate = this.#leftMs() < shortestRunMs;
    return !this.#isLate;
  }

  #leftMs(): number {
    const { deadline } = this.#request;
    return deadline === undefined
      ? Number.POSITIVE_INFINITY
      : deadline.ms - (this.#use.now() - this.#startedMs);
  }

  async #run({ scenario, runtime, path }: PathPlan, number: number): Promise<RunReport> {
    const { device, signal, inactivityMs, runRoot, onProgress, python: pythonFlag } = this.#request;
    const { seed, python } = this.#state;
    const variant = pickVariant(scenario, scenario.check.variant);
    const left = this.#leftMs();
    const longestRunMs = defaultDeadlineMs(given({ inactivityMs }));
    const report = await runOne(
      {
        ...{ scenario, variant, path, runtime, device, signal, ...runDefaults },
        seed: runSeed(seed, `${scenario.id}/${runtime}/${path}`, number),
        parameters: resolveParameters(scenario, variant, []),
        deadlineMs: Math.min(longestRunMs, left),
        onEvent: (event) => onProgress?.({ kind: 'harness', event }),
        ...given({ inactivityMs, runRoot, python, pythonFlag }),
      },
      this.#use,
    );
    // Cut short by the deadline of the whole check, not by its own.
    if (report.ending === 'timeout' && left < longestRunMs) this.#isLate = true;
    return report;
  }

  /** Writes the report as far as it has come: whoever kills us now still finds what is known. */
  async #save(isComplete: boolean): Promise<CheckReport> {
    const { device, signal, deadline, interruptCode, onReport } = this.#request;
    const { seed, folder, warnings } = this.#state;
    const conclusion = concludeCheck(this.#paths, {
      isLate: this.#isLate,
      isInterrupted: signal.aborted || !isComplete,
      ...given({ interruptCode: interruptCode?.(), deadline }),
    });
    const report: CheckReport = {
      schemaVersion: 1,
      command: 'deadlock-check',
      seed,
      device,
      startedAt: this.#startedAt.toISOString(),
      durationMs: Math.round(this.#use.now() - this.#startedMs),
      paths: [...this.#paths],
      ...conclusion,
      reportFile: folder.file(runFiles.report),
      warnings: [
        ...new Set([...warnings, ...this.#paths.flatMap((path) => path.runs.flatMap((run) => run.warnings))]),
      ],
    };
    await folder.writeReport(report);
    await onReport?.(report);
    return report;
  }
}
