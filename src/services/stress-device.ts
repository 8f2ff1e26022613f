/** `kvtool stress --on device`: one variant of a scenario, with real bytes, once or again and again. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { lacksOf } from '../report/console-races.js';
import type { DeviceReport } from '../report/device-report.js';
import {
  type CellFinding,
  type CellRequest,
  deviceScenarios,
  pickDeviceScenario,
  pickDeviceVariant,
  runCell,
} from './device-cells.js';
import { runShort } from './short-command.js';

export interface StressDeviceRequest extends CellRequest {
  /** Default 1, or no limit with a duration. */
  repeat?: number;
  /** Begins no run after it, ms. */
  durationMs?: number;
  /** Failures, expected or not, after which it stops. */
  stopAt?: number;
  interruptCode?: () => number | undefined;
  onRun?: (made: number, seconds: number) => void;
}

/**
 * @throws Abort: exit 2 for names that do not exist; 69 for a missing GPU or tool, and a device that fails or hangs;
 * 130 or 143 when interrupted before a first run ended
 */
export async function stressDevice(
  request: StressDeviceRequest,
  run: typeof runShort = runShort,
): Promise<DeviceReport> {
  const { scenario, variant, durationMs, signal, stopAt = Number.POSITIVE_INFINITY } = request;
  const listed = pickDeviceScenario(await deviceScenarios(run), scenario);
  const { expect } = pickDeviceVariant(listed, variant);
  const repeat = request.repeat ?? (durationMs === undefined ? 1 : Number.POSITIVE_INFINITY);
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1000;
  const isOver = () => durationMs !== undefined && seconds() * 1000 >= durationMs;
  const tally = new Tally();
  do {
    const finding = await runCell(request, run);
    if (finding === undefined) break;
    tally.add(finding);
    request.onRun?.(tally.made, seconds());
  } while (tally.made < repeat && tally.failed < stopAt && !isOver() && !signal?.aborted);
  const { worst, made, failed, unexpected } = tally;
  const interrupt = signal?.aborted ? (request.interruptCode?.() ?? exitCodes.sigint) : undefined;
  if (worst === undefined) throw new Abort('interrupted', interrupt ?? exitCodes.sigint);
  const report = reportOf(worst, expect, interrupt);
  if (repeat === 1) return report;
  return { ...report, runs: { made, failed, unexpected, seconds: Number(seconds().toFixed(3)) } };
}

/** One run stands for all: the first that was not as expected, else the first. */
class Tally {
  made = 0;
  failed = 0;
  unexpected = 0;
  worst: CellFinding | undefined;

  add(finding: CellFinding): void {
    this.made++;
    if (finding.outcome === 'violation') this.failed++;
    if (!finding.expected) this.unexpected++;
    if (this.worst === undefined || (this.worst.expected && !finding.expected)) this.worst = finding;
  }
}

function reportOf(
  { expected, ...finding }: CellFinding,
  expect: DeviceReport['outcome'],
  interrupt: number | undefined,
): DeviceReport {
  return {
    ...{ schemaVersion: 1, command: 'stress', on: 'device' },
    ...finding,
    judgement: judgeCell({ ...finding, expected }, expect),
    exitCode: interrupt ?? exitOfCell({ ...finding, expected }),
    warnings: finding.pairs === undefined ? [] : lacksOf(finding.pairs),
  };
}

export function judgeCell(
  { outcome, message, expected, pairs }: Pick<CellFinding, 'outcome' | 'message' | 'expected' | 'pairs'>,
  expect: DeviceReport['outcome'],
): DeviceReport['judgement'] {
  const found = outcome === 'ok' ? 'nothing wrong' : message;
  if (!expected) return { result: 'unexpected', because: `Found ${found}; expected ${expect}.` };
  if (outcome !== 'ok') return { result: 'as-expected', because: `It fails as expected: ${message}.` };
  const all = pairs === undefined ? 0 : pairs.ordered + pairs.inOneStream;
  const order = pairs === undefined ? '' : `, and all ${all} pairs of accesses that conflict are ordered`;
  return { result: 'as-expected', because: `Every row is right${order}.` };
}

/** What was found stands by itself; a bug that does not show says nothing. */
export function exitOfCell({ outcome, expected }: Pick<CellFinding, 'outcome' | 'expected'>): number {
  if (outcome === 'violation') return exitCodes.race;
  return expected ? exitCodes.clean : exitCodes.inconclusive;
}
