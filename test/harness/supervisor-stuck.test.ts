import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ProcessDump } from '../../src/diagnosis/process-dump.js';
import { monotonicNs } from '../../src/harness/clock.js';
import { nativeTools } from '../../src/harness/native-tools.js';
import type { HarnessOutcome } from '../../src/harness/supervisor.js';
import { superviseHarness } from '../../src/harness/supervisor.js';
import { expectGone, fixture, isAlive, options } from './helpers.js';
import { verdictOf } from './verdicts.js';

describe('a harness that blocks for ever', () => {
  test('is stuck once two dumps prove a deadlock, and killed after the report', async () => {
    // Given a diagnosis that sees a deadlock in every dump
    const base = await options('blocks-forever.js');
    const diagnosed: [ProcessDump, ProcessDump | undefined][] = [];
    let aliveAtReport = false;
    let reported: HarnessOutcome | undefined;

    // When its main thread blocks
    const outcome = await superviseHarness({
      ...base,
      diagnose: (dump, previous) => {
        diagnosed.push([dump, previous]);
        return verdictOf('deadlock');
      },
      beforeKill: async (early) => {
        reported = early;
        aliveAtReport = await isAlive(early.pid ?? 0);
        await base.runFolder.writeReport({ ending: early.ending, verdict: early.verdict });
      },
    });

    // Then it was reported while it lived, and nothing of it is left
    expect(outcome).toMatchObject({ ending: 'stuck', verdict: { kind: 'deadlock' }, strays: 0 });
    expect(outcome.exit).toBeUndefined();
    expect(outcome.because).toMatch(/^No progress for \d\.\d s, and two dumps prove a cycle: a deadlock/);
    expect(aliveAtReport).toBe(true);
    const report: unknown = JSON.parse(await readFile(base.runFolder.file('report.json'), 'utf8'));
    expect(report).toMatchObject({ ending: 'stuck', verdict: { kind: 'deadlock' } });
    expect(reported).toMatchObject({ ending: 'stuck', logTail: 'about to block\n' });
    await expectGone(outcome);

    // And there are two dumps of it, some time apart, one diagnosis of both, and times in order
    const [first = 0, second = 0] = outcome.dumps.map((dump) => Date.parse(dump.takenAt));
    expect(second - first).toBeGreaterThanOrEqual(99);
    expect(diagnosed).toHaveLength(1);
    expect(outcome.dumps).toEqual([diagnosed[0]?.[1], diagnosed[0]?.[0]]);
    expect(await base.runFolder.artefacts()).toEqual([
      'dump-1.json',
      'dump-2.json',
      'events.kvr',
      'harness.log',
      'report.json',
    ]);
    const { spawnedNs, startedNs = 0, lastProgressNs, stalledAtNs = 0, verdictAtNs } = outcome.timings;
    const times = [spawnedNs, startedNs, lastProgressNs, stalledAtNs, verdictAtNs, monotonicNs()];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(stalledAtNs - lastProgressNs).toBeGreaterThanOrEqual(1000e6);
  });

  test('times out when no deadlock can be proven, with the diagnosis of its last dumps', async () => {
    const outcome = await superviseHarness({
      ...(await options('blocks-forever.js')),
      inactivityMs: 400,
      deadlineMs: 2500,
      diagnose: () => verdictOf('waiting-external'),
    });

    expect(outcome).toMatchObject({ ending: 'timeout', verdict: { kind: 'waiting-external' } });
    expect(outcome.because).toMatch(/and no progress for .*; no cycle was proven/);
    expect(outcome.dumps).toHaveLength(2);
    await expectGone(outcome);
  });

  test('times out, with a warning, when no dump can be taken', async () => {
    const outcome = await superviseHarness({
      ...(await options('blocks-forever.js')),
      inactivityMs: 400,
      deadlineMs: 2000,
      diagnose: () => verdictOf('deadlock'),
      tools: { ...nativeTools(['guard']), snapshot: fixture('snapshot-fails.sh') },
    });

    expect(outcome).toMatchObject({ ending: 'timeout', verdict: { kind: 'unknown' }, dumps: [] });
    expect(outcome.warnings).toEqual([
      'dump-1.json: the dumper failed (exit code 69): cannot attach: Operation not permitted',
    ]);
  });

  test('is killed all the same when the dumper hangs', async () => {
    const outcome = await superviseHarness({
      ...(await options('blocks-forever.js')),
      inactivityMs: 400,
      deadlineMs: 2000,
      dumpDeadlineMs: 300,
      tools: { ...nativeTools(['guard']), snapshot: fixture('snapshot-hangs.sh') },
    });

    expect(outcome.ending).toBe('timeout');
    expect(outcome.warnings).toEqual(['dump-1.json: the dumper was killed at its deadline of 300 ms']);
    await expectGone(outcome);
  });

  test.each([
    ['the diagnosis', { diagnose: () => fail('diagnosis broke') }],
    ['the report', { beforeKill: () => fail('report broke') }],
  ])('is killed all the same when %s fails', async (_what, broken) => {
    let pid = 0;
    const outcome = superviseHarness({
      ...(await options('blocks-forever.js')),
      inactivityMs: 400,
      diagnose: () => verdictOf('deadlock'),
      ...broken,
      onEvent: (event) => {
        if (event.kind === 'started') pid = event.pid;
      },
    });

    await expect(outcome).rejects.toThrow(/broke$/);
    expect(pid).toBeGreaterThan(0);
    expect(await isAlive(pid)).toBe(false);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
