/** `kvtool stress --on device`: one variant of a scenario of KV transfers, with real bytes, by kvtool-transfer-cell. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { nativeTools } from '../harness/native-tools.js';
import type { DeviceReport } from '../report/device-report.js';
import type { DeviceName } from '../scenario/manifest.js';
import { suggestName } from '../suggest.js';
import { runShort, type ShortResult } from './short-command.js';

export interface StressDeviceRequest {
  scenario: string;
  variant: string;
  device: DeviceName;
}

/** A line of `kvtool-transfer-cell --list`. */
interface ListedCell {
  id: string;
  variants: { name: string; what: string; expect: DeviceReport['outcome'] }[];
}

/** A line of a run. */
type RawFinding = Pick<
  DeviceReport,
  'scenario' | 'family' | 'variant' | 'device' | 'outcome' | 'message' | 'facts'
> & {
  expected: boolean;
};

const listDeadlineMs = 30_000;
/** The program ends itself after five minutes; this is for when it cannot. */
const runDeadlineMs = 310_000;

/** @throws Abort: exit 2 for names that do not exist; 69 for a missing GPU or tool, and a device that fails or hangs */
export async function stressDevice(
  request: StressDeviceRequest,
  run: typeof runShort = runShort,
): Promise<DeviceReport> {
  const tool = nativeTools(['transferCell']).transferCell;
  const expect = pick(await listCells(tool, run), request).expect;
  const { scenario, variant, device } = request;
  const result = await run(tool, ['--device', device, scenario, variant], { deadlineMs: runDeadlineMs });
  if (result.code !== exitCodes.clean && result.code !== exitCodes.race) throw failure(tool, result);
  const { expected, ...finding } = JSON.parse(result.stdout) as RawFinding;
  return {
    ...{ schemaVersion: 1, command: 'stress', on: 'device' },
    ...finding,
    judgement: {
      result: expected ? 'as-expected' : 'unexpected',
      because: because(finding, expect, expected),
    },
    exitCode: exitOf(finding.outcome, expected),
    warnings: [],
  };
}

/** @throws Abort when the tool does not run */
async function listCells(tool: string, run: typeof runShort): Promise<ListedCell[]> {
  const result = await run(tool, ['--list'], { deadlineMs: listDeadlineMs });
  if (result.code !== 0) throw failure(tool, result);
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ListedCell);
}

function pick(cells: readonly ListedCell[], { scenario, variant }: StressDeviceRequest) {
  const cell = cells.find(({ id }) => id === scenario);
  const ids = cells.map(({ id }) => id);
  if (cell === undefined)
    throw new Abort(
      `there is no scenario "${scenario}" on the device`,
      exitCodes.usage,
      suggestName(scenario, ids),
    );
  const found = cell.variants.find(({ name }) => name === variant);
  if (found !== undefined) return found;
  const names = cell.variants.map(({ name }) => name);
  throw new Abort(
    `scenario ${scenario} has no variant "${variant}" on the device`,
    exitCodes.usage,
    suggestName(variant, names),
  );
}

function because(
  { outcome, message }: Pick<DeviceReport, 'outcome' | 'message'>,
  expect: string,
  expected: boolean,
): string {
  if (!expected) return `Found ${outcome === 'ok' ? 'nothing wrong' : message}; expected ${expect}.`;
  return outcome === 'ok' ? 'Every row is right.' : `It fails as expected: ${message}.`;
}

/** What was found stands by itself; a bug that does not show says nothing. */
function exitOf(outcome: DeviceReport['outcome'], expected: boolean): number {
  if (outcome === 'violation') return exitCodes.race;
  return expected ? exitCodes.clean : exitCodes.inconclusive;
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
