/** Does a variant show in the model what it is expected to show? And which exit code does that have? */
import { exitCodes } from '../exit-codes.js';
import type { Expected, VariantLine } from './lines.js';
import type { Outcome } from './trace.js';

export interface ModelJudgement {
  result: 'as-expected' | 'unexpected' | 'inconclusive';
  /** One sentence. */
  because: string;
  exitCode: number;
}

const harmless: readonly Outcome[] = ['ok', 'bound', 'pruned', 'redundant'];

export function isFailure(outcome: Outcome): boolean {
  return !harmless.includes(outcome);
}

/** Of a failure by itself, whatever was expected. */
export function exitOfOutcome(outcome: Outcome): number {
  if (outcome === 'bound') return exitCodes.inconclusive;
  if (!isFailure(outcome)) return exitCodes.clean;
  return outcome === 'deadlock' || outcome === 'livelock' ? exitCodes.deadlock : exitCodes.race;
}

export function isExpected(expected: Expected, outcome: Outcome, message: string): boolean {
  return expected.outcome === outcome && message.startsWith(expected.message);
}

/** `deadlock`, `violation: I3: ...`. */
export function sayOutcome({ outcome, message }: { outcome: Outcome; message: string }): string {
  return message === '' ? outcome : `${outcome}: ${message}`;
}

export function judgeVariant(line: VariantLine): ModelJudgement {
  const { expected, conclusion, failure, explanation } = line;
  if (failure !== undefined) {
    if (isExpected(expected, failure.outcome, failure.message)) {
      return {
        result: 'as-expected',
        because: `It fails as expected: ${sayOutcome(failure)}.`,
        exitCode: exitCodes.clean,
      };
    }
    return {
      result: 'unexpected',
      because: `Found ${sayOutcome(failure)}; expected ${sayOutcome(expected)}.`,
      exitCode: exitOfOutcome(failure.outcome),
    };
  }
  if (conclusion === 'proved' && expected.outcome === 'ok') {
    return { result: 'as-expected', because: `Proved by ${explanation}.`, exitCode: exitCodes.clean };
  }
  return {
    result: 'inconclusive',
    because: `${sayInconclusive(line)}; expected ${expected.outcome === 'ok' ? 'a proof' : sayOutcome(expected)}.`,
    exitCode: exitCodes.inconclusive,
  };
}

function sayInconclusive({ conclusion, explanation }: VariantLine): string {
  switch (conclusion) {
    case 'proved':
      return `Nothing fails in the whole space (${explanation})`;
    case 'not-found':
      return `Nothing failed, and nothing is proved: ${explanation}`;
    default:
      return `No result: ${explanation}`;
  }
}
