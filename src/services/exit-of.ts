/** Which exit code a result has. One place, one order: see docs/exit-codes.md. */
import type { Verdict, VerdictKind } from '../diagnosis/verdict.js';
import { exitCodes } from '../exit-codes.js';
import type { RunReport } from '../report/report.js';

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * An interrupt is what the shell asked for. Then from the strongest claim to the weakest: what has been proven is
 * never hidden by what went wrong elsewhere, and trouble never passes for a clean result.
 */
const strongestFirst: readonly ExitCode[] = [
  exitCodes.sigint,
  exitCodes.sigterm,
  exitCodes.deadlock,
  exitCodes.race,
  exitCodes.bug,
  exitCodes.usage,
  exitCodes.unavailable,
  exitCodes.retry,
  exitCodes.deadline,
  exitCodes.inconclusive,
  exitCodes.clean,
];

/** The one code that stands for several; 0 for none. */
export function strongest(codes: readonly number[]): number {
  return strongestFirst.find((code) => codes.includes(code)) ?? exitCodes.clean;
}

/**
 * What a run shows by itself, whatever was expected of it.
 *
 * @param interrupt the code of the signal that came, when one did
 */
export function exitOfRun(report: RunReport, interrupt: number = exitCodes.sigint): number {
  switch (report.ending) {
    case 'stuck':
      return exitCodes.deadlock;
    case 'timeout':
      return exitCodes.deadline;
    case 'interrupted':
      return interrupt;
    case 'crashed':
      return isKilledFromOutside(report) ? exitCodes.retry : exitCodes.bug;
    case 'early-exit':
    case 'log-flood':
      return exitCodes.bug;
    case 'finished':
      return exitOfFinished(report);
  }
}

function exitOfFinished({ events, verdict, windowOpens }: RunReport): number {
  if (verdict.kind === 'violation') return exitCodes.race;
  if (events.lost > 0 || events.delivered !== events.scheduled) return exitCodes.race;
  return windowOpens === 0 ? exitCodes.inconclusive : exitCodes.clean;
}

/** A SIGKILL that nobody here sent, or a guard that was killed so that nobody saw the harness end. */
function isKilledFromOutside({ exit }: RunReport): boolean {
  if (exit === undefined) return false;
  return exit.signal === 'SIGKILL' || (exit.signal === undefined && exit.code === undefined);
}

const hangs: readonly VerdictKind[] = ['deadlock', 'livelock', 'starvation'];
/** A claim that is likelier wrong than right is none. */
const claimedFrom = 0.5;

/** What a process shows that nobody expected anything of: whoever took the dump says that it hangs, we say why. */
export function exitOfVerdict({ kind, confidence }: Verdict): number {
  if (hangs.includes(kind)) return confidence >= claimedFrom ? exitCodes.deadlock : exitCodes.inconclusive;
  return kind === 'unknown' ? exitCodes.inconclusive : exitCodes.clean;
}
