import { describe, expect, it } from 'vitest';
import type { ThreadsLine } from '../../src/model/lines.js';
import { isOfCatalogueOnly, judgeThreads } from '../../src/services/stress-threads.js';

const line: Omit<ThreadsLine, 'kind'> = {
  ...{ scenario: 's', family: 'C1', variant: 'buggy', summary: '', parameters: {}, seed: 1 },
  ...{ expected: { outcome: 'ok', message: '' }, mayNotShow: false },
  ...{ end: 'done', rounds: 5, broken: [], seconds: 1 },
};
const hangs = { outcome: 'deadlock', message: '' } as const;
const breaks = { outcome: 'violation', message: 'I2' } as const;

describe('judgeThreads', () => {
  it.each<[string, Partial<ThreadsLine>, [string, number]]>([
    ['clean', {}, ['as-expected', 0]],
    ['nothing ran', { rounds: 0 }, ['inconclusive', 5]],
    ['expected to hang and did not', { expected: hangs }, ['inconclusive', 5]],
    ['a hang as expected', { end: 'hung', expected: hangs }, ['as-expected', 3]],
    [
      'a livelock is a hang',
      { end: 'hung', expected: { ...hangs, outcome: 'livelock' } },
      ['as-expected', 3],
    ],
    ['a hang of what is fixed', { end: 'hung' }, ['unexpected', 3]],
    ['a hang instead of a violation', { end: 'hung', expected: breaks }, ['unexpected', 3]],
    [
      'a hang that follows the violation',
      { end: 'hung', broken: ['I2: torn'], expected: breaks },
      ['as-expected', 4],
    ],
    ['a hang as expected, and more', { end: 'hung', broken: ['I3'], expected: hangs }, ['as-expected', 3]],
    ['as expected', { end: 'broken', broken: ['I2: torn'], expected: breaks }, ['as-expected', 4]],
    ['among others', { end: 'broken', broken: ['I1', 'I2: torn'], expected: breaks }, ['as-expected', 4]],
    ['another invariant', { end: 'broken', broken: ['I3: lost'], expected: breaks }, ['unexpected', 4]],
    ['broken instead of a hang', { end: 'broken', broken: ['I3'], expected: hangs }, ['unexpected', 4]],
    ['broken though fixed', { end: 'broken', broken: ['I3'] }, ['unexpected', 4]],
    ['a crash', { end: 'crashed', broken: ['killed by Segmentation fault'] }, ['unexpected', 4]],
    ['killed from outside', { end: 'crashed', broken: ['killed by Killed'] }, ['inconclusive', 75]],
  ])('%s', (_, part, [result, exitCode]) => {
    expect(judgeThreads({ ...line, ...part })).toMatchObject({ result, exitCode });
  });

  it('says when this processor may be the reason', () => {
    const { because } = judgeThreads({ ...line, expected: breaks, mayNotShow: true });
    expect(because).toBe(
      'Nothing failed in 5 rounds: the window never opened; expected violation: I2, which this processor may never show.',
    );
  });
});

it('knows who runs where', async () => {
  expect(await isOfCatalogueOnly('abba')).toBe(true);
  expect(await isOfCatalogueOnly('gil-hostfunc')).toBe(false);
  expect(await isOfCatalogueOnly('no-such')).toBe(false);
});
