/** kvtool-driver-cell, the program behind `kvtool driver-table`: one process for each question, with a deadline. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { DeviceName } from '../scenario/manifest.js';
import { runShort } from './short-command.js';

/** Thread 1 makes the first call behind the blocker on stream S, then thread 2 the second. */
export interface CellName {
  blocker: string;
  first: string;
  second: string;
}

export interface CellAnswer {
  firstBlocks: boolean;
  secondBlocks: boolean;
  /** What the second call waits for, where the device tells, e.g. `driver-lock:W`. */
  secondWaitsFor?: string;
}

/** Why a cell has no answer. */
export interface CellFailure {
  why: string;
}

export interface TableShape {
  pairs: { blocker: string; first: string }[];
  seconds: { name: string; extra: boolean }[];
}

export interface Subject {
  /** The program. */
  tool: string;
  device: DeviceName;
  /** For device `sim`. */
  model: string;
}

/** A driver that takes longer for its first steps is stuck. ms */
const openDeadlineMs = 60_000;
/** The program ends itself at the deadline and names the call; this is for when it cannot. ms */
const lateMs = 5000;

export type RunTool = typeof runShort;

/** Which cells the table has. */
export async function tableShape(tool: string, run: RunTool = runShort): Promise<TableShape> {
  const { stdout, stderr, code } = await run(tool, ['--list'], { deadlineMs: openDeadlineMs });
  if (code !== 0) throw new Error(`${tool} --list failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as TableShape;
}

/**
 * What the device calls itself, e.g. `NVIDIA H200, driver 580.159.04, CUDA 13.0`.
 *
 * @throws Abort (exit 69) that names the call which failed or did not return, and says what to do
 */
export async function probeDevice(subject: Subject, run: RunTool = runShort): Promise<string> {
  const args = ['--probe', ...deviceArgs(subject), '--deadline', String(openDeadlineMs)];
  const result = await run(subject.tool, args, { deadlineMs: openDeadlineMs + lateMs });
  if (result.code === 0) return (JSON.parse(result.stdout) as { device: string }).device;
  const { message, advice } = complaint(result.stderr);
  if (result.code === exitCodes.usage) throw new Abort(message, exitCodes.usage);
  throw new Abort(message || 'the GPU driver did not answer', exitCodes.unavailable, [
    ...(advice === undefined ? ['check the driver with nvidia-smi'] : [advice]),
    'or use --device sim, which blocks as the measured driver does',
  ]);
}

/** Never rejects. */
export async function measureCell(
  subject: Subject,
  cell: CellName,
  blocksAfterMs: number,
  run: RunTool = runShort,
): Promise<CellAnswer | CellFailure> {
  const args = [
    ...deviceArgs(subject),
    ...['--blocker', cell.blocker, '--first', cell.first, '--second', cell.second],
    ...['--blocks-after', String(blocksAfterMs), '--deadline', String(openDeadlineMs)],
  ];
  const result = await run(subject.tool, args, { deadlineMs: openDeadlineMs + lateMs });
  if (result.timedOut) return { why: `no answer within ${(openDeadlineMs + lateMs) / 1000} s` };
  if (result.code !== 0) {
    const { message } = complaint(result.stderr);
    return {
      why: message || `it ended ${result.code === undefined ? 'by a signal' : `with ${result.code}`}`,
    };
  }
  return answerOf(JSON.parse(result.stdout) as RawAnswer);
}

interface RawCall {
  blocks: boolean;
  failure?: string;
  waitsFor?: string;
}

interface RawAnswer {
  first: RawCall;
  second: RawCall;
}

function answerOf({ first, second }: RawAnswer): CellAnswer | CellFailure {
  if (first.failure !== undefined) return { why: `the first call failed: ${first.failure}` };
  if (second.failure !== undefined) return { why: `the second call failed: ${second.failure}` };
  return {
    firstBlocks: first.blocks,
    secondBlocks: second.blocks,
    ...(second.waitsFor === undefined ? {} : { secondWaitsFor: second.waitsFor }),
  };
}

function deviceArgs({ device, model }: Subject): string[] {
  return ['--device', device, ...(device === 'sim' ? ['--model', model] : [])];
}

/** Its last words: what went wrong, and after `advice:` what to do. */
function complaint(stderr: string): { message: string; advice?: string } {
  const [message = '', ...rest] = stderr.trim().split('\n');
  const advice = rest.find((line) => line.startsWith('advice: '))?.slice('advice: '.length);
  const said = message.replace(/^kvtool-driver-cell: /, '');
  return advice === undefined ? { message: said } : { message: said, advice };
}
