import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { HarnessOutcome } from '../../src/harness/supervisor.js';
import { superviseHarness } from '../../src/harness/supervisor.js';
import { expectGone, options } from './helpers.js';
import { verdictOf } from './verdicts.js';

describe('a harness that is alive', () => {
  test('but slow times out as busy and is never called stuck', async () => {
    // Given progress every 200 ms, and a diagnosis that would take anything for a deadlock
    const outcome = await superviseHarness({
      ...(await options('slow-but-alive.js', ['200'])),
      inactivityMs: 1500,
      deadlineMs: 3000,
      diagnose: () => verdictOf('deadlock'),
    });

    expect(outcome).toMatchObject({ ending: 'timeout', verdict: { kind: 'busy', family: 'none' } });
    expect(outcome.because).toMatch(
      /^Slow but alive: not done after \d\.\d s, last progress \d\.\d s ago\.$/,
    );
    await expectGone(outcome);
  });

  test('and burns CPU without progress times out as busy', async () => {
    const outcome = await superviseHarness({
      ...(await options('busy.js')),
      inactivityMs: 800,
      deadlineMs: 3000,
    });

    expect(outcome).toMatchObject({ ending: 'timeout', verdict: { kind: 'busy' } });
    expect(outcome.because).toMatch(/but busy; its threads used \d+ % of a core, most of it \S+/);
    await expectGone(outcome);
  });

  test('but has finished is killed after a while, with a warning', async () => {
    const outcome = await superviseHarness({ ...(await options('lingers.js')), lingerMs: 300 });

    expect(outcome).toMatchObject({ ending: 'finished', verdict: { kind: 'ok' } });
    expect(outcome.exit).toBeUndefined();
    expect(outcome.warnings).toContain('The harness finished its work, did not exit and was killed.');
    expect(outcome.dumps).toHaveLength(1);
    await expectGone(outcome);
  });

  test('but never starts times out with clear words', async () => {
    const outcome = await superviseHarness({ ...(await options('forever.sh')), startMs: 1000 });

    expect(outcome).toMatchObject({ ending: 'timeout', verdict: { kind: 'idle' } });
    expect(outcome.because).toMatch(
      /^The harness did not start within \d\.\d s: it never initialised its flight file/,
    );
    await expectGone(outcome);
  });

  test('and floods its log is stopped, and the log cut to its limit', async () => {
    const base = await options('floods-its-log.sh');
    const outcome = await superviseHarness({ ...base, logLimitBytes: 100_000 });

    expect(outcome.ending).toBe('log-flood');
    expect(outcome.logBytes).toBeGreaterThan(100_000);
    expect(outcome.because).toMatch(/of output within .*; the limit is 0\.1 MiB/);
    expect(outcome.logTail).toHaveLength(4096);
    expect((await stat(base.runFolder.file('harness.log'))).size).toBe(100_000);
    await expectGone(outcome);
  });

  test('is dumped once, reported and killed when kvtool is interrupted', async () => {
    // Given a run that is interrupted as soon as it makes progress
    const base = await options('slow-but-alive.js', ['50']);
    const controller = new AbortController();
    let reported: HarnessOutcome | undefined;

    const outcome = await superviseHarness({
      ...base,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'progress') controller.abort('SIGINT');
      },
      beforeKill: (early) => {
        reported = early;
      },
    });

    expect(outcome).toMatchObject({ ending: 'interrupted', verdict: { kind: 'idle' } });
    expect(outcome.dumps).toHaveLength(1);
    expect(reported?.ending).toBe('interrupted');
    await expectGone(outcome);
  });

  test('is not even dumped when kvtool was interrupted before it ran', async () => {
    const base = await options('blocks-forever.js');
    const outcome = await superviseHarness({ ...base, signal: AbortSignal.abort('SIGINT') });

    expect(outcome).toMatchObject({ ending: 'interrupted', dumps: [] });
    expect(await base.runFolder.artefacts()).not.toContain('dump-1.json');
  });
});
