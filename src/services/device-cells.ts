/** The scenarios with real bytes that `kvtool-transfer-cell` runs on a device: which there are, and one run of one variant. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { nativeTools } from '../harness/native-tools.js';
import type { DeviceReport } from '../report/device-report.js';
import type { DeviceName } from '../scenario/manifest.js';
import { suggestName } from '../suggest.js';
import { runShort, type ShortResult } from './short-command.js';

/** A line of `kvtool-transfer-cell --list`. */
export interface DeviceScenario {
  id: string;
  family: string;
  title: string;
  source: string;
  /** The buggy one first, the fixed one last. */
  variants: DeviceVariant[];
}

export interface DeviceVariant {
  name: string;
  what: string;
  expect: DeviceReport['outcome'];
}

/** A line of a run. */
export interface CellFinding
  extends Pick<
    DeviceReport,
    'scenario' | 'family' | 'variant' | 'device' | 'outcome' | 'message' | 'facts' | 'pairs' | 'races'
  > {
  /** It showed what the variant is to show. */
  expected: boolean;
}

export interface CellRequest {
  scenario: string;
  variant: string;
  device: DeviceName;
  /** Kills the run at once. */
  signal?: AbortSignal | undefined;
}

const listDeadlineMs = 30_000;
/** The program ends itself after a minute; this is for when it cannot. */
const runDeadlineMs = 70_000;

/** @throws Abort (exit 69) when the tool is not built; an Error when it does not run */
export async function deviceScenarios(run: typeof runShort = runShort): Promise<DeviceScenario[]> {
  const tool = nativeTools(['transferCell']).transferCell;
  const result = await run(tool, ['--list'], { deadlineMs: listDeadlineMs });
  if (result.code !== 0) throw failure(tool, result);
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DeviceScenario);
}

/** @throws Abort (exit 2) for an id that does not exist, with the nearest one */
export function pickDeviceScenario(scenarios: readonly DeviceScenario[], id: string): DeviceScenario {
  const found = scenarios.find((scenario) => scenario.id === id);
  if (found !== undefined) return found;
  const ids = scenarios.map((scenario) => scenario.id);
  throw new Abort(`there is no scenario "${id}" on the device`, exitCodes.usage, suggestName(id, ids));
}

/** @throws Abort (exit 2) */
export function pickDeviceVariant(scenario: DeviceScenario, name: string): DeviceVariant {
  const found = scenario.variants.find((variant) => variant.name === name);
  if (found !== undefined) return found;
  const names = scenario.variants.map((variant) => variant.name);
  throw new Abort(
    `scenario ${scenario.id} has no variant "${name}" on the device`,
    exitCodes.usage,
    suggestName(name, names),
  );
}

/**
 * @returns nothing when `signal` ended it
 * @throws Abort (exit 69) for a missing GPU or tool, and a device that fails or hangs
 */
export async function runCell(
  { scenario, variant, device, signal }: CellRequest,
  run: typeof runShort = runShort,
): Promise<CellFinding | undefined> {
  const tool = nativeTools(['transferCell']).transferCell;
  const args = ['--device', device, scenario, variant];
  const result = await run(tool, args, { deadlineMs: runDeadlineMs, ...given({ signal }) });
  if (signal?.aborted) return undefined;
  if (result.code !== exitCodes.clean && result.code !== exitCodes.race) throw failure(tool, result);
  return JSON.parse(result.stdout) as CellFinding;
}

function failure(tool: string, { code, failure: why, stderr, timedOut }: ShortResult): Error {
  const [said = '', ...rest] = stderr.trim().split('\n');
  const advice = rest.find((line) => line.startsWith('advice: '))?.slice('advice: '.length);
  if (timedOut)
    return new Abort(`the device did not end within ${runDeadlineMs / 1000} s`, exitCodes.unavailable);
  if (code === exitCodes.unavailable)
    return new Abort(said.replace(/^kvtool-transfer-cell: /, ''), exitCodes.unavailable, [
      ...(advice === undefined ? ['check the driver with nvidia-smi'] : [advice]),
      'or use --device sim',
    ]);
  return new Error(`${tool} ended ${code === undefined ? (why ?? 'by a signal') : `with ${code}`}: ${said}`);
}
