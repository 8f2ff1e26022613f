import { describe, expect, it } from 'vitest';
import { randomSeed, runSeed } from '../../src/services/seeds.js';

describe('seeds', () => {
  it('never change for the same run: these are a contract', () => {
    const seeds = [
      runSeed(1, 'a/js/callback', 1),
      runSeed(1, 'a/js/callback', 2),
      runSeed(1, '', 1),
      runSeed(2, '', 1),
    ];
    expect(seeds).toMatchInlineSnapshot(`
      [
        1005001243,
        425201574,
        91148595,
        1592349088,
      ]
    `);
  });

  it('gives the only run of a command the root seed itself', () => {
    expect(runSeed(77, '', 0)).toBe(77);
  });

  it('gives 31-bit integers, all different', () => {
    const seeds = Array.from({ length: 1000 }, (_, index) => runSeed(5, 'x', index));
    expect(new Set(seeds).size).toBe(1000);
    for (const seed of [...seeds, randomSeed()]) {
      expect(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31).toBe(true);
    }
  });

  it('depends on what is run, not on what else is run', () => {
    expect(runSeed(5, 'gil-hostfunc/js/callback', 1)).not.toBe(runSeed(5, 'gil-hostfunc/python/callback', 1));
  });
});
