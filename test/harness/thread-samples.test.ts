import { describe, expect, test } from 'vitest';
import type { ThreadSample, ThreadStat } from '../../src/harness/thread-samples.js';
import { compareSamples, parseStat, readThreadSample } from '../../src/harness/thread-samples.js';

/** A line of /proc/PID/stat as the kernel writes it, with utime 12 and stime 30. */
function statLine(tid: number, name: string, state: string): string {
  return `${tid} (${name}) ${state} 1 2 3 0 -1 4194304 85 0 0 0 12 30 0 0 20 0 11 0 268 1000 2 184 1 1 0 0 0 0 0\n`;
}

function sample(atMs: number, cpuMs: number, threads: ThreadStat[]): ThreadSample {
  return { atNs: atMs * 1e6, cpuMs, threads };
}

describe('parseStat', () => {
  test.each(['node', 'V8 Worker', 'a) R 1 (b', '(sd-pam)', 'ends with )', ''])(
    'finds the end of the thread name "%s"',
    (name) => {
      expect(parseStat(statLine(77, name, 'S'))).toEqual({ tid: 77, name, state: 'S', cpuMs: 420 });
    },
  );

  test.each(['', '12', '12 (node', 'node) S 1', '12 (node) S 1 2 3'])('refuses "%s"', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('readThreadSample', () => {
  test('sees every thread of this process', async () => {
    const seen = await readThreadSample(process.pid);

    const main = seen?.threads.find((thread) => thread.tid === process.pid);
    expect(main?.name).toMatch(/node|vitest|Main/);
    expect(seen?.threads.length).toBeGreaterThan(1);
    expect(seen?.cpuMs).toBeGreaterThan(0);
  });

  test('gives nothing for a process that does not exist', async () => {
    expect(await readThreadSample(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('compareSamples', () => {
  test('leaves out a thread that spins while it waits, by its own account', () => {
    const spins = { tid: 1, name: 'launcher', state: 'R', waits: true };
    const works = { tid: 2, name: 'worker', state: 'S' };
    const before = sample(1000, 500, [
      { ...spins, cpuMs: 100 },
      { ...works, cpuMs: 400 },
    ]);
    const after = sample(1500, 1020, [
      { ...spins, cpuMs: 600 },
      { ...works, cpuMs: 420 },
    ]);

    expect(compareSamples(before, after)).toMatchObject({
      ...{ cpuMs: 20, runnable: [], busiest: { tid: 2, name: 'worker', cpuMs: 20 } },
    });
    // It came to its wait in between: what it used may have been work.
    const { waits, ...worked } = { ...spins, cpuMs: 100 };
    expect(waits).toBe(true);
    const came = sample(1000, 500, [worked, { ...works, cpuMs: 400 }]);
    expect(compareSamples(came, after)).toMatchObject({ cpuMs: 520, runnable: [1] });
  });

  test('names the thread that used the CPU', () => {
    // Given one thread that sleeps, one that works, and one that has come since
    const before = sample(1000, 500, [
      { tid: 1, name: 'main', state: 'S', cpuMs: 100 },
      { tid: 2, name: 'worker', state: 'R', cpuMs: 400 },
    ]);
    const after = sample(1500, 990, [
      { tid: 1, name: 'main', state: 'S', cpuMs: 100 },
      { tid: 2, name: 'worker', state: 'R', cpuMs: 850 },
      { tid: 3, name: 'new', state: 'S', cpuMs: 40 },
    ]);

    expect(compareSamples(before, after)).toEqual({
      elapsedMs: 500,
      cpuMs: 490,
      cpuShare: 0.98,
      busiest: { tid: 2, name: 'worker', cpuMs: 450 },
      runnable: [2],
    });
  });

  test('shows no busiest thread when all rest', () => {
    const threads = [{ tid: 1, name: 'main', state: 'S', cpuMs: 100 }];

    expect(compareSamples(sample(0, 100, threads), sample(500, 100, threads))).toEqual({
      elapsedMs: 500,
      cpuMs: 0,
      cpuShare: 0,
      runnable: [],
    });
  });
});
