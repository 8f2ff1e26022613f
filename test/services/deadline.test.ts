import { describe, expect, it } from 'vitest';
import { overallDeadline } from '../../src/services/deadline.js';

describe('overallDeadline', () => {
  it.each([
    [5000, '10', 5000],
    [undefined, '10', 540_000],
    [undefined, '1', 30_000],
    [undefined, 'false', undefined],
    [undefined, '', undefined],
    [undefined, undefined, undefined],
  ])('--deadline %s, BUILDKITE_TIMEOUT %s: %s ms', (flag, timeout, ms) => {
    const env = timeout === undefined ? {} : { BUILDKITE_TIMEOUT: timeout };
    expect(overallDeadline(flag, env)?.ms).toBe(ms);
  });

  it('says who set it', () => {
    expect(overallDeadline(undefined, { BUILDKITE_TIMEOUT: '10' })?.source).toBe('BUILDKITE_TIMEOUT=10');
  });
});
