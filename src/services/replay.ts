/** `kvtool replay`: the execution that a line of text stands for, once more. */
import { readFile } from 'node:fs/promises';
import { verdictOfTrace } from '../diagnosis/model-state.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { runExplorer } from '../harness/explorer-process.js';
import { exitOfOutcome } from '../model/judge.js';
import type { ReplayLine } from '../model/lines.js';
import type { ReplayReport } from '../report/explore-report.js';

export interface ReplayRequest {
  /** A schedule, a file that has one, or, with `schedule`, the id of a scenario. */
  subject: string;
  schedule?: string;
  /** Replays on another variant than the line's own. */
  variant?: string;
  signal: AbortSignal;
  interruptCode?: () => number | undefined;
}

const deadlineMs = 120_000;
/** Longer than any schedule. */
const longestFile = 16 * 1024 * 1024;

/** @throws Abort: exit 2 for a line that is refused, 130 or 143 when it was interrupted; see also `runExplorer` */
export async function replay(request: ReplayRequest): Promise<ReplayReport> {
  const schedule = await scheduleOf(request);
  const { variant, signal } = request;
  const args = ['replay', schedule, ...(variant === undefined ? [] : ['--variant', variant])];
  const { lines } = await runExplorer({ args, signal, deadlineMs });
  const line = lines.find((each): each is ReplayLine => each.kind === 'replay');
  if (line === undefined) throw notReplayed(request, lines);
  const { kind: _, ...subject } = line;
  return {
    ...{ schemaVersion: 1, command: 'replay' },
    ...subject,
    ...given({ verdict: verdictOfTrace(line.trace) }),
    exitCode: exitOfOutcome(line.trace.outcome),
    warnings: line.trace.followed
      ? []
      : ['Not every point of the schedule was met as it stands: from there on the execution is another one.'],
  };
}

/** It was interrupted, or its program never came back. */
function notReplayed(request: ReplayRequest, lines: readonly object[]): Abort {
  const interrupt = request.interruptCode?.();
  if (interrupt !== undefined) return new Abort('interrupted', interrupt);
  const [line] = lines;
  const why = line !== undefined && 'explanation' in line ? String(line.explanation) : 'nothing was replayed';
  return new Abort(why, exitCodes.inconclusive);
}

async function scheduleOf({ subject, schedule }: ReplayRequest): Promise<string> {
  if (schedule !== undefined) {
    const [, scenario] = schedule.trim().split('.');
    if (scenario !== subject) {
      throw new Abort(
        `found a schedule of scenario "${scenario ?? ''}", expected one of "${subject}"`,
        exitCodes.usage,
      );
    }
    return schedule.trim();
  }
  if (/^\s*kv\d+\./.test(subject)) return subject.trim();
  return readSchedule(subject);
}

/** The first line that is a schedule: a file may be a whole log. */
async function readSchedule(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).slice(0, longestFile);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Abort(`found neither a schedule nor a file that can be read: ${why}`, exitCodes.usage, [
      'kvtool explore SCENARIO prints a line to replay; put it in single quotes',
    ]);
  }
  const found = /\bkv\d+\.[^\s'"]+:[^\s'"]*/.exec(text);
  if (found === null) throw new Abort(`found no schedule in ${file}, expected a line kv1.…`, exitCodes.usage);
  return found[0];
}
