/** What a benchmark is: it measures figures side by side in one run and says what was aimed at. It never asserts. */

export interface Figure {
  name: string;
  measured: number;
  unit: string;
  /** What was aimed at, e.g. `<= 0.5`; compared with `measured`. Absent: only for information. */
  target?: { at: 'most' | 'least'; value: number };
}

export interface Benchmark {
  id: string;
  summary: string;
  /** Roughly how long it takes, seconds. */
  seconds: number;
  run(say: (line: string) => void): Promise<Figure[]>;
}

export function isMet({ measured, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return target.at === 'most' ? measured <= target.value : measured >= target.value;
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
