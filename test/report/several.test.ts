import { describe, expect, it } from 'vitest';
import { styleFor } from '../../src/report/colour.js';
import { consoleSeveral } from '../../src/report/console-several.js';
import { junitStress } from '../../src/report/junit-stress.js';
import type { SeveralProgress } from '../../src/report/progress-events.js';
import { liveText, severalProgress } from '../../src/report/several-progress.js';
import type { LaneReport, SeveralReport } from '../../src/report/several-report.js';

const style = styleFor({ NO_COLOR: '1' }, false);

const lane: LaneReport = {
  ...{ scenario: 's', variant: 'fixed', on: 'threads', expected: 'ok', unit: 'round', work: 500, slices: 2 },
  ...{ seconds: 2, rate: 250, failures: 0, unexpected: 0, result: 'as-expected', because: 'Fine.' },
  ...{ exitCode: 0, findings: [], findingsNotKept: 0 },
};
const bad: LaneReport = {
  ...{ ...lane, variant: 'checked', failures: 2, unexpected: 2, timeToFirstFailureMs: 1500, exitCode: 4 },
  ...{ result: 'unexpected', because: 'Found <I2>.', findingsNotKept: 1 },
  findings: [
    {
      ...{ result: 'unexpected', because: 'Found <I2>.', exitCode: 4, seed: 9, afterMs: 1500 },
      repeat: 'kvtool stress s',
    },
  ],
};
const never: LaneReport = { ...lane, variant: 'late', slices: 0, work: 0, result: 'inconclusive' };
const report: SeveralReport = {
  ...{ schemaVersion: 1, command: 'stress', on: 'several', seed: 7, device: 'sim', startedAt: '' },
  ...{ durationMs: 4000, stopAt: 1, variants: [lane, bad, never], falseAlarms: 2, notRun: 1 },
  ...{ summary: 'All of it.', exitCode: 4, warnings: ['no Python'] },
};

function running(lanes: LaneReport[]): Extract<SeveralProgress, { kind: 'running' }> {
  return { kind: 'running', lane: lanes.at(-1) ?? lane, lanes: () => lanes, ms: 3000, ofMs: 9000, now: 42 };
}

describe('several', () => {
  it('has a row for each, and a line to repeat what failed', () => {
    const text = consoleSeveral(report, style);
    expect(text).toMatch(/^ {2}s +fixed +threads +500 rounds +250 +0 +- +as-expected$/m);
    expect(text).toMatch(/^ {2}s +checked .* 2 +1\.5 s +unexpected$/m);
    expect(text).toMatch(/^ {2}s +late .* -$/m);
    expect(text).toContain('unexpected: Found <I2>. And 1 more.\n  repeat with: kvtool stress s');
    expect(text).toContain('warning: no Python\n\nAll of it.');
  });

  it('is JUnit: what was not run is skipped', () => {
    const xml = junitStress(report);
    expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1" time="6.000"');
    expect(xml).toContain(
      '<failure message="Found &lt;I2&gt;." type="unexpected">Found &lt;I2&gt;.\nrepeat with',
    );
  });

  it('says in a line how far it is', () => {
    const lines: string[] = [];
    const progress = {
      ...{ isLive: false, stop() {} },
      update: (text: string) => void lines.push(text),
      note: (text: string) => void lines.push(text),
    };
    const show = severalProgress(progress, style);
    show(running([bad, lane]));
    show(running([bad, lane]));
    const [finding] = bad.findings;
    if (finding !== undefined) show({ kind: 'found', lane: bad, finding });
    expect(lines).toEqual([
      '3.0 s of 9.0 s: 2 of 2 variants run, 1 failed, 2 unexpected; now s fixed, threads (42 so far)',
      's checked, threads: unexpected: Found <I2>.',
    ]);
  });

  it('shows no more of the table than the terminal holds', () => {
    const lanes = Array.from({ length: 50 }, (_, at) => ({ ...lane, variant: `v${at}` }));
    const lines = liveText(running(lanes), style, 20).split('\n');
    expect(lines).toHaveLength(17);
    expect(lines.at(-1)).toContain('v49');
  });
});
