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

it('tells of races in the case of a variant on a device', () => {
  const side = { access: 'write' as const, actor: 'stream 1', what: 'offload A', enqueuedBy: 'thread main' };
  const xml = junitStress({
    ...{
      schemaVersion: 1,
      command: 'stress',
      on: 'device',
      scenario: 'slot',
      family: 'C10',
      variant: 'fixed',
    },
    ...{ device: 'sim', outcome: 'violation', message: 'C10: race', facts: {}, exitCode: 4, warnings: [] },
    pairs: { ordered: 0, inOneStream: 0, unordered: 2, accesses: 4, forgotten: 0, unknownTransfers: 0 },
    races: [{ memory: 'the slot', first: side, second: side, missing: 'an event', pairs: 2 }],
    judgement: { result: 'unexpected', because: 'Found C10: race; expected ok.' },
  });
  expect(xml).toContain('race on the slot (2 pairs)');
  expect(xml).toContain('stream 1 writes: offload A, enqueued by thread main');
  expect(xml).toContain('missing: an event');
});
