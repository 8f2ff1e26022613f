/** What to change, derived from the cycle that was found: the family's cures, and which obvious one does not help. */
import type { FamilyRule } from './families.js';
import type { ProcessDump } from './process-dump.js';
import type { CycleStep } from './verdict.js';
import { entryOf, gilHolderIn, whyNoWiderLock } from './wider-lock.js';

/** Strongest first; what does not help comes last. */
export function cutsOf(rule: FamilyRule, cycle: readonly CycleStep[], dump: ProcessDump): string[] {
  const [strongest, ...others] = rule.cuts;
  const why = whyNoWiderLock(cycle, dump);
  return [
    ...(strongest === undefined ? [] : [strongest]),
    ...entryAdvice(cycle, dump),
    ...others,
    ...(why === undefined ? [] : [why]),
  ];
}

/** Which call of this very process to change. */
function entryAdvice(cycle: readonly CycleStep[], dump: ProcessDump): string[] {
  const holder = gilHolderIn(cycle);
  const entry = holder && entryOf(holder, dump);
  if (holder === undefined || entry === undefined) return [];
  return [
    `At least release the GIL around ${holder.frame}, which ${holder.actor.name} enters from ${entry}.`,
  ];
}
