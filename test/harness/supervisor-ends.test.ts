import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HarnessEvent } from '../../src/harness/supervisor.js';
import { superviseHarness } from '../../src/harness/supervisor.js';
import { expectGone, fixture, isAlive, options, temporaryFolder, writtenPids } from './helpers.js';

describe('a harness that ends by itself', () => {
  test('finishes', async () => {
    const events: HarnessEvent[] = [];
    const outcome = await superviseHarness({
      ...(await options('finishes.js')),
      onEvent: (event) => events.push(event),
    });

    expect(outcome).toMatchObject({
      ending: 'finished',
      exit: { code: 0 },
      strays: 0,
      warnings: [],
      dumps: [],
    });
    expect(outcome.because).toMatch(/^The harness finished its work after \d\.\d s\.$/);
    expect(outcome.verdict).toMatchObject({ kind: 'ok', confidence: 1 });
    expect(outcome.flight).toMatchObject({
      state: 'finished',
      counters: [{ name: 'requests', kind: 'progress', value: 3 }],
    });
    expect(outcome.logTail).toBe('three requests served\n');
    expect(outcome.timings.startedNs).toBeGreaterThan(outcome.timings.spawnedNs);
    expect(outcome.timings.stalledAtNs).toBeUndefined();
    expect(events.at(-1)).toEqual({ kind: 'ended', ending: 'finished' });
    await expectGone(outcome);
  });

  test('exits 0 before its work is done', async () => {
    const outcome = await superviseHarness(await options('exits-early.js'));

    expect(outcome).toMatchObject({ ending: 'early-exit', exit: { code: 0 }, verdict: { kind: 'unknown' } });
    expect(outcome.because).toMatch(/exited 0 .* in state running, before its work was done/);
  });

  test('fails and says why', async () => {
    const outcome = await superviseHarness(await options('fails.js'));

    expect(outcome).toMatchObject({ ending: 'crashed', exit: { code: 7 }, verdict: { kind: 'crashed' } });
    expect(outcome.because).toMatch(/exited 7 after .*, saying "no module named torch"/);
  });

  test('crashes', async () => {
    const outcome = await superviseHarness(await options('crashes.sh', ['SEGV']));

    expect(outcome).toMatchObject({
      ending: 'crashed',
      exit: { signal: 'SIGSEGV' },
      killedFromOutside: false,
      logTail: 'about to die of SEGV\n',
    });
    expect(outcome.because).toMatch(/^The harness died of SIGSEGV after/);
  });

  test('is killed by somebody else', async () => {
    const outcome = await superviseHarness({
      ...(await options('blocks-forever.js')),
      onEvent: (event) => {
        if (event.kind === 'started') process.kill(event.pid, 'SIGKILL');
      },
    });

    expect(outcome).toMatchObject({
      ending: 'crashed',
      exit: { signal: 'SIGKILL' },
      killedFromOutside: true,
    });
    expect(outcome.because).toMatch(/killed from outside \(SIGKILL\)/);
  });

  test('leaves a grandchild behind, which is killed and told', async () => {
    const pids = join(await temporaryFolder(), 'pids');
    const args = [pids, process.execPath, fixture('finishes.js')];
    const outcome = await superviseHarness(await options('leaves-a-grandchild.sh', args));

    expect(outcome).toMatchObject({ ending: 'finished', strays: 1 });
    expect(outcome.warnings).toEqual(['the harness left 1 process behind, killed by its guard']);
    const [grandchild = 0] = await writtenPids(pids);
    expect(await isAlive(grandchild)).toBe(false);
  });

  test('is not there at all', async () => {
    const { runFolder, diagnose } = await options('finishes.js');

    const outcome = superviseHarness({ command: 'no-such-python', args: [], runFolder, diagnose });

    await expect(outcome).rejects.toMatchObject({ name: 'Abort', exitCode: 69 });
  });
});
