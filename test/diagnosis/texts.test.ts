/** From the text that somebody pasted to the verdict: readers, rules and diagnosis together. */
import { describe, expect, it } from 'vitest';
import { diagnoseDumps } from '../../src/diagnosis/diagnose-dumps.js';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import type { Verdict } from '../../src/diagnosis/verdict.js';
import { deadlocks } from './texts/deadlocks.js';
import { healthy } from './texts/healthy.js';
import { waiters } from './texts/waiters.js';

const verdictOn = (text: string): Verdict => diagnoseDumps(readDump(text).dumps).verdict;

describe('a text that shows the whole cycle', () => {
  it.each(deadlocks)('$shows', ({ text, family, parties }) => {
    const verdict = verdictOn(text);
    expect(verdict).toMatchObject({ kind: 'deadlock', family });
    const inCycle = verdict.cycle.flatMap(({ actor, alike = [] }) => [actor, ...alike]);
    expect(inCycle.map((actor) => actor.tid)).toEqual(expect.arrayContaining(parties));
    expect(verdict.cuts).not.toEqual([]);
  });
});

describe('a text that shows only who waits', () => {
  it.each(waiters)('$shows', ({ text, kind, family }) => {
    const verdict = verdictOn(text);
    expect(verdict).toMatchObject({ kind, family });
    expect(verdict.confidence).toBeLessThan(0.7);
  });
});

describe('a text of a process that is not deadlocked', () => {
  it.each(healthy)('$shows', ({ text, kind }) => {
    const verdict = verdictOn(text);
    expect(verdict.kind).toBe(kind);
    expect(verdict.cycle).toEqual([]);
  });
});
