import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/model/trace.js';
import { chromeTrace } from '../../src/report/chrome-trace.js';
import { sayComparison, traceTable } from '../../src/report/trace-table.js';
import { lockedTrace } from '../model/doubles.js';

const refusal: NonNullable<Comparison['refusal']> = {
  step: 2,
  agent: 'W',
  there: 'lock B',
  why: 'waits',
  waitsFor: 'mutex:A',
  heldBy: ['R'],
};
const fixed: Comparison = { variant: 'fixed', outcome: 'ok', message: '' };

describe('traceTable', () => {
  it('has a row for each step and each actor that stands, a column for each agent', () => {
    expect(traceTable(lockedTrace())).toBe(
      [
        'step  R              W              at                     locks after it',
        '----  -------------  -------------  ---------------------  --------------',
        '   1  lock A                        two-locks/actors.h:10  A: R',
        '   2                 lock B         two-locks/actors.h:20  A: R, B: W',
        ' end  wants mutex B                 two-locks/actors.h:11',
        ' end                 wants mutex A  two-locks/actors.h:21',
      ].join('\n'),
    );
  });

  it('names agents in a column when there are many, and shows store buffers', () => {
    const actors = ['a', 'b', 'c', 'd', 'e', 'f'];
    const step = { agent: "a's store buffer of x", kind: 'flush', object: 'x', value: 1, locks: {} };
    const buffers = { b: [{ object: 'y', value: 2 }] };
    const text = traceTable(
      lockedTrace({ outcome: 'ok', actors, steps: [{ ...step, buffers }], standing: [] }),
    );
    expect(text).toMatch(/^step {2}who +does +at +locks after it +in store buffers$/m);
    expect(text).toMatch(/^ {3}1 {2}a's store buffer of x {2}flush x = 1 +b: y=2$/m);
  });

  it('shows the end of a long one', () => {
    const [step] = lockedTrace().steps;
    const steps = Array.from({ length: 200 }, () => step).filter((each) => each !== undefined);
    const text = traceTable(lockedTrace({ steps }));
    expect(text).toMatch(/^120 steps before these are not shown/);
    expect(text).toMatch(/^ 200 /m);
  });
});

describe('sayComparison', () => {
  it.each([
    [
      { ...fixed, refusal },
      'At step 2 fixed would not have let W in: it would wait for mutex A, which R holds. From there on it ends well.',
    ],
    [
      { ...fixed, refusal: { ...refusal, why: 'has ended' as const } },
      'At step 2 W has ended in fixed. From there on it ends well.',
    ],
    [
      { ...fixed, difference: { step: 1, agent: 'R', there: 'load x', here: 'lock m' } },
      'At step 1 R does "lock m" in fixed, not "load x". Under the same schedule fixed is never held up; it ends well.',
    ],
    [
      { ...fixed, outcome: 'violation' as const, message: 'I2', refusal },
      'At step 2 fixed would not have let W in: it would wait for mutex A, which R holds. From there on it ends in violation: I2.',
    ],
  ])('%#', (comparison, text) => {
    expect(sayComparison(comparison)).toBe(text);
  });
});

describe('chromeTrace', () => {
  it('has a track for each agent and each lock', () => {
    const { traceEvents } = JSON.parse(chromeTrace(lockedTrace(), 'two-locks'));
    const of = (ph: string, pid: number) => traceEvents.filter((e: Event) => e.ph === ph && e.pid === pid);
    interface Event {
      ph: string;
      pid: number;
    }
    expect(of('X', 1)).toMatchObject([
      { tid: 1, name: 'lock A', ts: 0, dur: 1000, args: { step: 1, at: 'two-locks/actors.h:10' } },
      { tid: 2, name: 'lock B', ts: 1000, dur: 1000 },
    ]);
    expect(of('X', 2)).toMatchObject([
      { tid: 1, name: 'R', ts: 0, dur: 2000 },
      { tid: 2, name: 'W', ts: 1000, dur: 1000 },
    ]);
    expect(of('i', 1)).toMatchObject([{ name: 'deadlock: lock B' }, { name: 'deadlock: lock A' }]);
  });
});
