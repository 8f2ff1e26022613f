import type { Verdict, VerdictKind } from '../../src/diagnosis/verdict.js';

/** What a diagnosis could say, with nothing in it but its kind. */
export function verdictOf(kind: VerdictKind): Verdict {
  return {
    kind,
    family: 'none',
    confidence: 0.9,
    summary: `a ${kind} for the test`,
    cycle: [],
    bystanders: [],
    cuts: [],
    unknowns: [],
  };
}
