import { expect, it } from 'vitest';
import { junitStress } from '../../src/report/junit-stress.js';
import { deadlockedRun, finishedRun } from './reports.js';

it('has a case for each run of one variant: what is as expected passes, the rest has its evidence', () => {
  const stray = { ...deadlockedRun('js'), result: 'unexpected' as const, because: 'It deadlocked.' };
  const xml = junitStress({
    ...{ schemaVersion: 1, command: 'stress', seed: 7, runs: [finishedRun(), stray] },
    ...{ notRun: 0, exitCode: 3, warnings: [] },
  });
  expect(xml).toMatch(/<testsuites name="kvtool stress" tests="2" failures="1" errors="0" skipped="0"/);
  expect(xml).toContain('<failure message="It deadlocked." type="unexpected">');
  expect(xml).toContain(`repeat with: ${stray.repeat}`);
});
