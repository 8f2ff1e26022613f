/** Puts an ending into words, and gives it a verdict when the dumps do not. */
import type { Verdict, VerdictKind } from '../diagnosis/verdict.js';
import type { Ending } from '../report/report.js';
import { brokenInvariants } from './broken-invariants.js';
import type { Flight } from './flight-file.js';
import type { HarnessExit } from './guard.js';
import type { SampleComparison } from './thread-samples.js';
import type { DeadlineReason } from './watchdog.js';

/** What is known when the ending is decided. */
export interface EndingFacts {
  ending: Ending;
  /** Only with the ending `timeout`. */
  why?: DeadlineReason;
  exit?: HarnessExit;
  killedFromOutside: boolean;
  /** It said that it was done but did not exit. */
  lingers: boolean;
  flight?: Flight;
  /** Threads' CPU use during the stall it ended in. */
  cpu?: SampleComparison;
  /** Time without progress, ms. */
  quietMs: number;
  /** Since it was spawned, ms. */
  ageMs: number;
  logBytes: number;
  logLimitBytes: number;
  /** What its dumps were diagnosed as, when there are any. */
  diagnosed?: Verdict;
}

export interface EndingWords {
  because: string;
  verdict: Verdict;
}

/** The sentence and the verdict for an ending. */
export function describeEnding(facts: EndingFacts): EndingWords {
  const { diagnosed } = facts;
  const because = sentence(facts);
  switch (facts.ending) {
    case 'finished':
      return finished(facts, because);
    case 'crashed':
      return { because, verdict: plain('crashed', 1, because) };
    case 'stuck':
    case 'interrupted':
      return { because, verdict: diagnosed ?? plain('unknown', 0, because, ['no dump could be taken']) };
    case 'early-exit':
    case 'log-flood':
      return { because, verdict: plain('unknown', 1, because) };
    case 'timeout':
      return { because, verdict: timeoutVerdict(facts, because) };
  }
}

function finished({ flight }: EndingFacts, because: string): EndingWords {
  const broken = brokenInvariants(flight);
  if (broken.length === 0) return { because, verdict: plain('ok', 1, because) };
  const words = broken
    .map(({ name, times }) => `${name} ${times === 1 ? 'once' : `${times} times`}`)
    .join(', ');
  return { because, verdict: { ...plain('violation', 1, `broken: ${words}`), family: 'other' } };
}

/** Verdicts that explain a timeout better than the watchdog's own; they come from frames it has not seen. */
const moreThanBusy: readonly VerdictKind[] = ['livelock', 'starvation', 'busy'];

function timeoutVerdict({ why, diagnosed }: EndingFacts, because: string): Verdict {
  switch (why) {
    case 'slow':
      return plain('busy', 0.9, because);
    case 'busy':
      if (diagnosed !== undefined && moreThanBusy.includes(diagnosed.kind)) return diagnosed;
      return plain('busy', 0.9, because, ['whether its threads work or spin']);
    default:
      return diagnosed ?? plain('unknown', 0, because, ['no dump could be taken']);
  }
}

function plain(kind: VerdictKind, confidence: number, summary: string, unknowns: string[] = []): Verdict {
  return { kind, family: 'none', confidence, summary, cycle: [], bystanders: [], cuts: [], unknowns };
}

function sentence(facts: EndingFacts): string {
  const { ending, diagnosed, exit, flight, lingers, ageMs, logBytes, logLimitBytes } = facts;
  const after = `after ${seconds(ageMs)}`;
  switch (ending) {
    case 'finished':
      if (lingers) return 'The harness finished its work, did not exit and was killed.';
      return `The harness finished its work ${after}.`;
    case 'crashed':
      return crashSentence(facts);
    case 'early-exit':
      return `The harness exited 0 ${after} in state ${flight?.state ?? 'created'}, before its work was done${saying(flight)}.`;
    case 'log-flood':
      return `The harness wrote ${mebibytes(logBytes)} of output within ${seconds(ageMs)}; the limit is ${mebibytes(logLimitBytes)}.`;
    case 'stuck':
      return `No progress for ${seconds(facts.quietMs)}, and two dumps prove a cycle: ${diagnosed?.summary ?? ''}`;
    case 'interrupted':
      return exit === undefined
        ? `Interrupted ${after}.`
        : `Interrupted ${after}, when the harness had ended.`;
    case 'timeout':
      return timeoutSentence(facts);
  }
}

function crashSentence({ exit, flight, killedFromOutside, lingers, ageMs }: EndingFacts): string {
  const after = `after ${seconds(ageMs)}${saying(flight)}`;
  if (lingers) return `The harness failed ${after}, did not exit and was killed.`;
  if (killedFromOutside) {
    return `The harness was killed from outside (SIGKILL) ${after}: by somebody's kill -9, or by the kernel for lack of memory.`;
  }
  if (exit?.signal !== undefined) return `The harness died of ${exit.signal} ${after}.`;
  if (exit?.code !== undefined) return `The harness exited ${exit.code} ${after}.`;
  return `The harness ended ${after}, nobody knows how: its guard was killed.`;
}

function saying(flight: Flight | undefined): string {
  return flight?.message ? `, saying "${flight.message}"` : '';
}

function timeoutSentence({ why, cpu, quietMs, ageMs, flight }: EndingFacts): string {
  const used = cpu === undefined ? '' : `; its threads used ${Math.round(cpu.cpuShare * 100)} % of a core`;
  const most = cpu?.busiest === undefined ? '' : `, most of it ${cpu.busiest.name} (${cpu.busiest.tid})`;
  switch (why) {
    case 'never-started':
      return `The harness did not start within ${seconds(ageMs)}: it ${startState(flight)}${used}${most}.`;
    case 'slow':
      return `Slow but alive: not done after ${seconds(ageMs)}, last progress ${seconds(quietMs)} ago.`;
    case 'busy':
      return `Not done after ${seconds(ageMs)} and no progress for ${seconds(quietMs)}, but busy${used}${most}.`;
    default:
      return `Not done after ${seconds(ageMs)} and no progress for ${seconds(quietMs)}; no cycle was proven${used}.`;
  }
}

function startState(flight: Flight | undefined): string {
  if (flight === undefined) return 'never initialised its flight file';
  return `stayed in state ${flight.state} and never released its actors`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
