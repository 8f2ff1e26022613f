import { describe, expect, it } from 'vitest';
import { judgeVariant } from '../../src/model/judge.js';
import type { VariantLine } from '../../src/model/lines.js';
import { failure, line, lockedTrace } from './doubles.js';

const expectsOk = { expected: { outcome: 'ok', message: '' } } as const;
const expectsI2 = { expected: { outcome: 'violation', message: 'I2' } } as const;
const proved = { conclusion: 'proved', explanation: 'cached search: 2 executions' } as const;
const deadlocked = { conclusion: 'failed', failure: failure(lockedTrace()) } as const;
const violated = (message: string) =>
  ({ conclusion: 'failed', failure: failure(lockedTrace({ outcome: 'violation', message })) }) as const;

describe('judgeVariant', () => {
  const table: [string, Partial<VariantLine>, string, number][] = [
    ['a bug that is found', deadlocked, 'as-expected', 0],
    ['a bug found with its message', { ...expectsI2, ...violated('I2: two owners') }, 'as-expected', 0],
    ['another invariant than expected', { ...expectsI2, ...violated('I3: stale') }, 'unexpected', 4],
    ['a deadlock where an invariant was expected', { ...expectsI2, ...deadlocked }, 'unexpected', 3],
    ['a fix that is proved', { ...expectsOk, ...proved }, 'as-expected', 0],
    ['a fix that deadlocks', { ...expectsOk, ...deadlocked }, 'unexpected', 3],
    ['a fix that breaks an invariant', { ...expectsOk, ...violated('I1') }, 'unexpected', 4],
    ['a fix that is not proved', { ...expectsOk, conclusion: 'not-found' }, 'inconclusive', 5],
    ['a bug that is not found', { conclusion: 'not-found' }, 'inconclusive', 5],
    ['a bug that is proved absent', proved, 'inconclusive', 5],
    ['a program that does not end', { ...expectsOk, conclusion: 'bound' }, 'inconclusive', 5],
    ['an actor that is stuck', { ...expectsOk, conclusion: 'stuck' }, 'inconclusive', 5],
    ['a program that is not deterministic', { conclusion: 'nondeterministic' }, 'inconclusive', 5],
  ];
  it.each(table)('%s', (_, values, result, exitCode) => {
    expect(judgeVariant(line(values))).toMatchObject({ result, exitCode });
  });

  it('says what was found and what was expected', () => {
    expect(judgeVariant(line({ ...expectsI2, ...violated('I3: stale') })).because).toBe(
      'Found violation: I3: stale; expected violation: I2.',
    );
    expect(judgeVariant(line({})).because).toBe(
      'Nothing failed, and nothing is proved: explored 100 executions; expected deadlock.',
    );
  });
});
