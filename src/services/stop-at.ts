import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

/**
 * `first`, `never` or a number of failures.
 *
 * @returns 0 for never
 * @throws Abort (exit 2)
 */
export function parseStopAt(text: string): number {
  if (text === 'first') return 1;
  if (text === 'never') return 0;
  const failures = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (failures > 0) return failures;
  throw new Abort(
    `--stop-at: found "${text}", expected first, never or a number of failures`,
    exitCodes.usage,
  );
}
