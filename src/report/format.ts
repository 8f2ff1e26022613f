/** Numbers for people. */
import type { CycleStep } from '../diagnosis/verdict.js';

/** `850 ms`, `2.4 s`, `3 min 20 s`. */
export function sayDuration(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `3`, `12.5`; `-` when there is nothing to say. */
export function sayMicros(us: number | undefined): string {
  if (us === undefined) return '-';
  return us < 100 ? us.toFixed(1) : String(Math.round(us));
}

/** `1 run`, `3 runs`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `0.4 / 0.5 / 0.9 s`: minimum, median, maximum. */
export function sayRange(range: { min: number; median: number; max: number } | undefined): string {
  if (range === undefined) return '-';
  const { min, median, max } = range;
  if (max < 10) return `${[min, median, max].map((ms) => ms.toFixed(1)).join(' / ')} ms`;
  if (max < 1000) return `${[min, median, max].map((ms) => Math.round(ms)).join(' / ')} ms`;
  return `${[min, median, max].map((ms) => (ms / 1000).toFixed(1)).join(' / ')} s`;
}

export function sayActor({ actor }: Pick<CycleStep, 'actor'>): string {
  return `${actor.name} (tid ${actor.tid})`;
}
