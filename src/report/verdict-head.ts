/** The first line of every report: `deadlock (abba-mutex), confidence 0.89`. */
import type { Verdict } from '../diagnosis/verdict.js';

/** The family of a verdict that is not known is only likely. @param ink paints the kind */
export function verdictHead(
  { kind, family, confidence }: Pick<Verdict, 'kind' | 'family' | 'confidence'>,
  ink = (text: string) => text,
): string {
  return `${ink(kind)}${sayFamily({ kind, family })}, confidence ${confidence}`;
}

/** Of one of several processes: `deadlock (abba-mutex)`. */
export function shortVerdict(verdict: Pick<Verdict, 'kind' | 'family'>): string {
  return `${verdict.kind}${sayFamily(verdict)}`;
}

function sayFamily({ kind, family }: Pick<Verdict, 'kind' | 'family'>): string {
  if (family === 'none') return '';
  return ` (${kind === 'unknown' ? 'likely ' : ''}${family})`;
}
