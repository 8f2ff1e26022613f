import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/report/report.js';
import { exitOfRun, exitOfVerdict, strongest } from '../../src/services/exit-of.js';
import { okVerdict } from './doubles.js';

const finished = {
  ending: 'finished',
  windowOpens: 1,
  verdict: okVerdict(),
  events: { scheduled: 1, delivered: 1, lost: 0 },
} as RunReport;

describe('exitOfRun', () => {
  const table: [string, Partial<RunReport>, number][] = [
    ['clean', {}, 0],
    ['a deadlock', { ending: 'stuck' }, 3],
    ['lost events', { events: { scheduled: 2, delivered: 1, lost: 1 } }, 4],
    ['events that vanish uncounted', { events: { scheduled: 2, delivered: 1, lost: 0 } }, 4],
    ['a broken invariant', { verdict: { ...okVerdict(), kind: 'violation' } }, 4],
    ['a window that never opened', { windowOpens: 0 }, 5],
    ['a non-zero exit', { ending: 'crashed', exit: { code: 1 } }, 1],
    ['a segmentation fault', { ending: 'crashed', exit: { signal: 'SIGSEGV' } }, 1],
    ['a failed harness that had to be killed', { ending: 'crashed' }, 1],
    ['a kill -9 or the OOM killer', { ending: 'crashed', exit: { signal: 'SIGKILL' } }, 75],
    ['a killed guard', { ending: 'crashed', exit: {} }, 75],
    ['an early exit', { ending: 'early-exit', exit: { code: 0 } }, 1],
    ['a log flood', { ending: 'log-flood' }, 1],
    ['a deadline', { ending: 'timeout' }, 124],
  ];
  it.each(table)('%s', (_, over, code) => {
    expect(exitOfRun({ ...finished, ...over })).toBe(code);
  });

  it('gives an interrupted run the code of its signal', () => {
    expect(exitOfRun({ ...finished, ending: 'interrupted' }, 143)).toBe(143);
  });
});

describe('strongest', () => {
  it.each([
    [[], 0],
    [[0, 5, 0], 5],
    [[5, 3, 124], 3],
    [[75, 1], 1],
    [[124, 75], 75],
    [[4, 3], 3],
    [[3, 130], 130],
  ])('%j is %i', (codes, code) => {
    expect(strongest(codes)).toBe(code);
  });
});

describe('a verdict on a dump that somebody took', () => {
  it.each([
    ['deadlock', 0.5, 3],
    ['livelock', 0.9, 3],
    ['starvation', 0.9, 3],
    ['deadlock', 0.49, 5],
    ['unknown', 0.9, 5],
    ['busy', 0.9, 0],
    ['waiting-external', 0.9, 0],
    ['idle', 0.5, 0],
    ['ok', 1, 0],
    ['crashed', 0.9, 0],
  ] as const)('%s at %d exits %i', (kind, confidence, code) => {
    expect(exitOfVerdict({ ...okVerdict(), kind, confidence })).toBe(code);
  });
});
