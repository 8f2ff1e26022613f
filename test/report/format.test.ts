import { describe, expect, it } from 'vitest';
import { count, sayDuration, sayMicros, sayRange } from '../../src/report/format.js';

describe('numbers for people', () => {
  it.each([
    [0, '0 ms'],
    [0.14, '0.1 ms'],
    [850.4, '850 ms'],
    [2440, '2.4 s'],
    [59_960, '1 min 0 s'],
    [200_000, '3 min 20 s'],
  ])('%s ms: %s', (ms, text) => {
    expect(sayDuration(ms)).toBe(text);
  });

  it.each([
    [{ min: 0, median: 0.25, max: 0.9 }, '0.0 / 0.3 / 0.9 ms'],
    [{ min: 12, median: 40, max: 90 }, '12 / 40 / 90 ms'],
    [{ min: 900, median: 1000, max: 2100 }, '0.9 / 1.0 / 2.1 s'],
    [undefined, '-'],
  ])('%j: %s', (range, text) => {
    expect(sayRange(range)).toBe(text);
  });

  it('counts', () => {
    expect([count(1, 'run'), count(0, 'run'), sayMicros(3.14), sayMicros(812.4)]).toEqual([
      '1 run',
      '0 runs',
      '3.1',
      '812',
    ]);
  });
});
