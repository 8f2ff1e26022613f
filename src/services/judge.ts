/** Did a run show what its variant and path are expected to show? */
import { stripVTControlCharacters } from 'node:util';
import type { Verdict } from '../diagnosis/verdict.js';
import type { Ending, EventCounts, RunReport } from '../report/report.js';
import type { Expectation } from '../scenario/manifest.js';

export interface Facts {
  ending: Ending;
  /** The supervisor's sentence on the ending. */
  why: string;
  verdict: Verdict;
  windowOpens: number;
  events: EventCounts;
  /** Names of the invariants that did not hold. */
  broken: readonly string[];
  /** The last output of the harness, for endings that it should explain. */
  logTail: string;
}

export type Judgement = Pick<RunReport, 'result' | 'because'>;

type Judge = (facts: Facts, expected: Expectation) => Judgement;

const judges: Readonly<Record<Ending, Judge>> = {
  finished: judgeFinished,
  stuck: judgeDeadlock,
  timeout: (facts) => ({ result: 'error', because: facts.why }),
  crashed: misbehaved,
  'early-exit': misbehaved,
  'log-flood': misbehaved,
  interrupted: (facts) => ({ result: 'interrupted', because: facts.why }),
};

export function judge(facts: Facts, expected: Expectation): Judgement {
  return judges[facts.ending](facts, expected);
}

function judgeFinished(facts: Facts, expected: Expectation): Judgement {
  const { broken } = facts;
  if (broken.length > 0) return judgeViolation(broken, expected);
  return expected.kind === 'ok' ? judgeClean(facts) : judgeMissed(facts, expected);
}

function judgeViolation(broken: readonly string[], expected: Expectation): Judgement {
  const isExpected = expected.kind === 'violation' && broken.every((name) => name === expected.broken);
  if (isExpected)
    return {
      result: 'as-expected',
      because: `It broke ${broken.join(', ')} as expected: ${expected.because}.`,
    };
  return {
    result: 'unexpected',
    because: `It broke ${broken.join(', ')}; expected ${sayExpected(expected)}: ${expected.because}.`,
  };
}

function sayExpected({ kind, broken }: Expectation): string {
  if (kind === 'violation') return `a violation of ${broken}`;
  return kind === 'ok' ? 'none' : 'a deadlock';
}

function judgeClean({ events, windowOpens }: Facts): Judgement {
  const { scheduled, delivered, lost } = events;
  if (lost > 0 || delivered !== scheduled) {
    return {
      result: 'unexpected',
      because: `Of ${scheduled} events ${delivered} were delivered and ${lost} counted as lost; expected all delivered.`,
    };
  }
  if (windowOpens === 0) return windowClosed;
  return {
    result: 'as-expected',
    because: `It did all its work, and the hazard window was open ${times(windowOpens)}.`,
  };
}

function judgeMissed({ windowOpens }: Facts, expected: Expectation): Judgement {
  if (windowOpens === 0) return windowClosed;
  return {
    result: 'unexpected',
    because: `It finished although the hazard window was open ${times(windowOpens)}; expected ${sayExpected(expected)}: ${expected.because}.`,
  };
}

const windowClosed: Judgement = {
  result: 'inconclusive',
  because: 'It finished, but the hazard window never opened, so it shows nothing.',
};

function judgeDeadlock({ verdict }: Facts, expected: Expectation): Judgement {
  if (expected.kind !== 'deadlock') {
    return { result: 'unexpected', because: `It deadlocked, expected to finish: ${verdict.summary}.` };
  }
  const found = (verdict.chain ?? verdict.cycle).map((step) => step.waitsFor);
  if (verdict.family !== expected.family || !isRotation(found.filter(isBetweenParties), expected.waits)) {
    return {
      result: 'unexpected',
      because:
        `It deadlocked otherwise than expected: found ${verdict.family} (${sayWaits(found)}), ` +
        `expected ${expected.family} (${sayWaits(expected.waits)}).`,
    };
  }
  return { result: 'as-expected', because: `It deadlocked as expected: ${expected.because}.` };
}

/**
 * A stream whose next function waits for its turn on the executor is a hand-off inside the device. Whether the stuck
 * function is that stream's own or another's is a matter of timing, not another deadlock.
 */
function isBetweenParties(wait: string): boolean {
  return wait !== 'device:host-functions';
}

/** True when `found` is `expected` read from another starting point. */
export function isRotation(found: readonly string[], expected: readonly string[]): boolean {
  if (found.length !== expected.length) return false;
  if (found.length === 0) return true;
  return expected.some((_, shift) =>
    found.every((wait, i) => wait === expected[(i + shift) % expected.length]),
  );
}

function misbehaved(facts: Facts): Judgement {
  const said = lastWords(printable(facts.logTail));
  return { result: 'error', because: said === '' ? facts.why : `${facts.why} Its last words: ${clip(said)}` };
}

/** Python and the C++ runtime say last why they die; Node says it before the stack and ends with its version. */
function lastWords(log: string): string {
  const lines = log.trim().split('\n');
  const last = lines.at(-1) ?? '';
  const error = /^Node\.js v\d/.test(last)
    ? lines.findLast((line) => /^[\w.]*Error\b[^:]*: /.test(line))
    : undefined;
  return (error ?? last).trim();
}

/** A crashing harness may write anything; none of it shall steer the terminal that shows its last words. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)} ...` : text;
}

function sayWaits(waits: readonly string[]): string {
  return waits.length === 0 ? 'no cycle' : waits.join(' -> ');
}

function times(amount: number): string {
  return amount === 1 ? 'once' : `${amount} times`;
}
