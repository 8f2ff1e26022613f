import { closest, distance } from 'fastest-levenshtein';

/**
 * The suggestion for a name that does not exist: the nearest one when it is near enough to be a slip, and the whole
 * list in any case.
 */
export function suggestName(wrong: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const nearest = closest(wrong.toLowerCase(), [...names]);
  const isSlip = distance(wrong.toLowerCase(), nearest) <= Math.max(2, Math.floor(nearest.length / 3));
  return [...(isSlip ? [`did you mean ${nearest}?`] : []), `there are: ${names.join(', ')}`];
}
