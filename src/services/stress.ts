/** `kvtool stress`: runs one variant, once or several times, and says what it shows. */
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import type { HarnessEvent } from '../harness/supervisor.js';
import type { StressProgress } from '../report/progress-events.js';
import type { RunReport } from '../report/report.js';
import type { StressReport } from '../report/stress-report.js';
import type { DeviceName, Path, RuntimeName } from '../scenario/manifest.js';
import {
  checkCombination,
  checkRuntime,
  pickPath,
  pickVariant,
  resolveParameters,
  type Setting,
  shortSettings,
} from '../scenario/parameters.js';
import { loadScenario } from '../scenario/registry.js';
import { checkDevice } from './devices.js';
import { exitOfRun, strongest } from './exit-of.js';
import { findPython } from './python.js';
import { checkPackages } from './python-packages.js';
import { defaultDeadlineMs, packagesStartMs, runAmount } from './run-limits.js';
import { type RunDependencies, type RunRequest, realDependencies, runOne } from './run-one.js';
import { randomSeed, runSeed } from './seeds.js';

/** Every time is in ms. */
export interface StressRequest {
  scenario: string;
  variant: string;
  path?: Path;
  runtime: RuntimeName;
  device: DeviceName;
  python?: string;
  settings: readonly Setting[];
  /** Short for the parameters of these names. */
  threads?: number;
  blockingCall?: string;
  iterations?: number;
  durationMs?: number;
  repeat: number;
  /** Failures, expected or not, after which no run is made; absent: never. */
  stopAt?: number;
  seed?: number;
  inactivityMs?: number;
  deadlineMs?: number;
  runRoot?: string;
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode?: () => number | undefined;
  onProgress?: (progress: StressProgress) => void;
}

export interface StressDependencies extends RunDependencies {
  loadScenario: typeof loadScenario;
  findPython: typeof findPython;
  checkDevice: typeof checkDevice;
  checkPackages: typeof checkPackages;
}

const real: StressDependencies = {
  ...realDependencies,
  ...{ loadScenario, findPython, checkDevice, checkPackages },
};

/**
 * @throws Abort: see `runOne`; also exit 2 for names and values that do not exist or do not go together, 69 for a
 * missing GPU, Python or Python package
 */
export async function stress(request: StressRequest, use: StressDependencies = real): Promise<StressReport> {
  const { of, run } = await prepare(request, use);
  const root = request.seed ?? randomSeed();
  const runs: RunReport[] = [];
  const isEnough = () => request.stopAt !== undefined && runs.filter(isFailure).length >= request.stopAt;
  for (let number = 1; number <= of && !request.signal.aborted && !isEnough(); number++) {
    const seed = runSeed(root, '', number - 1);
    request.onProgress?.({ kind: 'run-started', number, of, seed });
    const report = await runOne({ ...run, seed }, use);
    request.onProgress?.({ kind: 'run-ended', number, of, report });
    runs.push(report);
  }
  const interrupt = request.interruptCode?.();
  const codes = runs.map((report) => exitOfRun(report, interrupt));
  if (request.signal.aborted && interrupt !== undefined) codes.push(interrupt);
  return {
    schemaVersion: 1,
    command: 'stress',
    seed: root,
    runs,
    // What was not made because enough failed is not missing.
    notRun: isEnough() ? 0 : of - runs.length,
    exitCode: strongest(codes),
    warnings: [...new Set(runs.flatMap((report) => report.warnings))],
  };
}

/** Found or broken; not what shows nothing. */
function isFailure(report: RunReport): boolean {
  const exitCode = exitOfRun(report);
  return exitCode !== exitCodes.clean && exitCode !== exitCodes.inconclusive;
}

async function prepare(
  request: StressRequest,
  use: StressDependencies,
): Promise<{ of: number; run: Omit<RunRequest, 'seed'> }> {
  const { runtime, device, inactivityMs, runRoot, signal } = request;
  const amount = runAmount(given({ iterations: request.iterations, durationMs: request.durationMs }));
  const { durationMs } = amount;
  const scenario = await use.loadScenario(request.scenario);
  const variant = pickVariant(scenario, request.variant);
  const path = pickPath(variant, request.path);
  checkRuntime(scenario, runtime);
  const settings = [...shortSettings(scenario, request), ...request.settings];
  const parameters = resolveParameters(scenario, variant, settings);
  const values = { variant: variant.name, path, runtime, device, parameters };
  checkCombination(scenario, values);
  await use.checkDevice(scenario, device);
  const python = runtime === 'python' ? await use.findPython(request.python) : undefined;
  const packages = scenario.packages?.(values) ?? [];
  if (python !== undefined) await use.checkPackages(packages, python);
  const startMs = packages.length > 0 ? packagesStartMs : undefined;
  const deadlineMs =
    request.deadlineMs ?? defaultDeadlineMs(given({ durationMs, inactivityMs })) + (startMs ?? 0);
  const onEvent = (event: HarnessEvent) => request.onProgress?.({ kind: 'harness', event });
  return {
    of: request.repeat,
    run: {
      ...{ scenario, variant, path, runtime, device, parameters, ...amount, deadlineMs, signal, onEvent },
      ...given({ inactivityMs, startMs, runRoot, python, pythonFlag: request.python }),
    },
  };
}
