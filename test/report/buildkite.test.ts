import { describe, expect, it } from 'vitest';
import { annotation, longestBodyBytes } from '../../src/report/buildkite.js';
import { checkOf, failed, passed } from './reports.js';

describe('annotation', () => {
  it('of a passed check', async () => {
    const { style, body } = annotation(passed(), {});
    expect(style).toBe('success');
    await expect(body).toMatchFileSnapshot('golden/annotation-passed.txt');
  });

  it('of a failed check', async () => {
    const { style, body } = annotation(failed(), {});
    expect(style).toBe('error');
    await expect(body).toMatchFileSnapshot('golden/annotation-failed.txt');
  });

  it.each([
    ['inconclusive', 'warning'],
    ['timeout', 'warning'],
    ['interrupted', 'info'],
    ['error', 'error'],
  ] as const)('style of %s: %s', (result, style) => {
    expect(annotation({ ...passed(), result }, {}).style).toBe(style);
  });

  it('has one context per step, and one per job of a parallel step', () => {
    const contextIn = (env: NodeJS.ProcessEnv) => annotation(passed(), env).context;
    expect(contextIn({ BUILDKITE_STEP_KEY: 'check' })).toBe('kvtool-check');
    expect(contextIn({ BUILDKITE_STEP_KEY: 'check', BUILDKITE_PARALLEL_JOB: '3' })).toBe('kvtool-check-3');
    expect(contextIn({})).toBe('kvtool-deadlock-check');
    const long = contextIn({ BUILDKITE_STEP_KEY: 'x'.repeat(200), BUILDKITE_PARALLEL_JOB: '12' });
    expect(long).toHaveLength(100);
    expect(long).toMatch(/-12$/);
  });

  it('is cut at the end of a line when it is longer than the agent takes', () => {
    const warnings = Array.from({ length: 40_000 }, (_, index) => `warning ${index}: ä wörd ör twö`);
    const { body } = annotation(checkOf([], { warnings }), {});
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(longestBodyBytes);
    expect(body).toMatch(/twö\n+\(cut: the whole report is in report\.json\)\n$/);
    expect(body).not.toContain('\uFFFD');
  });
});
