import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Timers of the runtime hold 31 bits of milliseconds. */
const longestMs = 2 ** 31 - 1;

/**
 * `500ms`, `2s`, `1.5m`, `1h` in milliseconds. A number needs its unit, except 0.
 *
 * @throws Abort (exit 2)
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  if (text.trim() === '0') return 0;
  const [, amount, unit] = match ?? [];
  const ms = Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  if (Number.isNaN(ms)) {
    const hint = /^\d+(\.\d+)?$/.test(text.trim())
      ? [`${text.trim()}ms`, `${text.trim()}s`]
      : ['500ms', '2s', '5m'];
    throw new Abort(`"${text}" is not a duration; expected a number and ms, s, m or h`, exitCodes.usage, [
      `write it like ${hint.join(' or ')}`,
    ]);
  }
  if (ms > longestMs) throw new Abort(`"${text}" is too long; at most 596h`, exitCodes.usage);
  return Math.round(ms);
}
