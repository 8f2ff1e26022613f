/** How each place runs a slice: the services of one scenario, for a piece of work and time. */
import { exitCodes } from '../../exit-codes.js';
import { given } from '../../given.js';
import type { ModelOptions } from '../../model/catalogue.js';
import type { DeviceName } from '../../scenario/manifest.js';
import { type DeviceVariant, runCell } from '../device-cells.js';
import { exitOfRun } from '../exit-of.js';
import { type StressRequest, stress } from '../stress.js';
import { exitOfCell, judgeCell } from '../stress-device.js';
import { stressModel } from '../stress-model.js';
import { stressThreads } from '../stress-threads.js';
import type { Lane } from './lane.js';

type RunSlice = Lane['run'];
type OnRuntime = Omit<StressRequest, 'repeat' | 'seed' | 'signal' | 'durationMs'>;

/** One run under the watchdog; it cannot be cut, but a run of many iterations ends with its slice. */
export function onRuntime(request: OnRuntime): RunSlice {
  return async ({ seed, ms, signal }) => {
    const durationMs = request.iterations === undefined ? undefined : ms;
    const { runs } = await stress({ ...request, repeat: 1, seed, signal, ...given({ durationMs }) });
    const [run] = runs;
    if (run === undefined || run.ending === 'interrupted') return undefined;
    const exitCode = exitOfRun(run);
    const failed = exitCode !== exitCodes.clean && exitCode !== exitCodes.inconclusive;
    const { result, because, repeat, runFolder, timeToDeadlockMs } = run;
    return {
      ...{
        work: 1,
        ms: run.durationMs,
        failures: failed ? 1 : 0,
        exitCode,
        result,
        because,
        repeat,
        runFolder,
      },
      ...given({ firstFailureMs: timeToDeadlockMs }),
    };
  };
}

export function onThreads(request: {
  scenario: string;
  variant: string;
  parameters: readonly string[];
  inactivityMs?: number;
}): RunSlice {
  return async ({ seed, work, ms, signal, onWork }) => {
    const report = await stressThreads({
      ...{ ...request, seed, signal, durationMs: ms },
      ...given({ rounds: work }),
      onProgress: ({ executions }) => onWork(executions),
    });
    const { result, because } = report.judgement;
    const { exitCode, repeat, rounds } = report;
    // The round that failed is none that ended.
    const failures = report.end === 'done' ? 0 : 1;
    return {
      ...{ work: rounds + failures, ms: report.seconds * 1000, failures, result, because, exitCode, repeat },
    };
  };
}

export function onModel(request: ModelOptions & { scenario: string; variant: string }): RunSlice {
  return async ({ seed, work, ms, signal, onWork }) => {
    const report = await stressModel({
      ...{ ...request, seed, signal, durationMs: ms, shard: { index: 0, of: 1 } },
      ...given({ executions: work }),
      onProgress: ({ executions }) => onWork(executions),
    });
    const { executions, first, findings, findingsNotKept, seconds, exitCode } = report;
    const { result, because } = report.judgement;
    const [finding] = findings;
    const repeat = finding?.replay ?? repeatInModel(request, seed);
    return {
      ...{ work: executions, ms: seconds * 1000, result, because, exitCode, repeat },
      failures: findings.reduce((sum, each) => sum + each.count, findingsNotKept),
      // Executions take about the same time each.
      ...(finding === undefined || executions === 0
        ? {}
        : { firstFailureMs: ((finding.first - first + 1) / executions) * seconds * 1000 }),
    };
  };
}

function repeatInModel({ scenario, variant }: { scenario: string; variant: string }, seed: number): string {
  return `kvtool stress ${scenario} --variant ${variant} --on model --seed ${seed}`;
}

export function onDevice(scenario: string, variant: DeviceVariant, device: DeviceName): RunSlice {
  return async ({ signal }) => {
    const startedMs = performance.now();
    const finding = await runCell({ scenario, variant: variant.name, device, signal });
    if (finding === undefined) return undefined;
    return {
      ...{ work: 1, ms: performance.now() - startedMs, exitCode: exitOfCell(finding) },
      ...judgeCell(finding, variant.expect),
      failures: finding.outcome === 'violation' ? 1 : 0,
      repeat: `kvtool stress ${scenario} --variant ${variant.name} --on device --device ${device}`,
    };
  };
}
