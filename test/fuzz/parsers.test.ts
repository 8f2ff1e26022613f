/** A bounded run of the fuzz target: a process of its own, as a text that hangs a reader would hang its test as well. */
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { mutated, mutations, randomOf } from './mutate.js';

const target = join(packageRoot, 'test', 'fuzz', 'parsers.fuzz.ts');
/** Fixed, so that a failure is there again on the next run. */
const seeds = [1, 100_000];

describe('the readers, on broken and hostile texts', () => {
  it.each(seeds)(
    'neither crash, hang, lie about lines nor run out of memory (from seed %i)',
    async (seed) => {
      const argv = [
        '--max-old-space-size=256',
        '--import',
        'tsx',
        target,
        '--seed',
        String(seed),
        '--runs',
        '150',
      ];
      const { exitCode, stdout, stderr, timedOut } = await execa(process.execPath, argv, {
        cwd: packageRoot,
        env: { KVTOOL_FUZZ_TRACE: '1' },
        timeout: 60_000,
        killSignal: 'SIGKILL',
        reject: false,
      });
      // The last line of the trace names the text that hung or crashed the process.
      expect([exitCode, timedOut, stdout], stderr.split('\n').at(-1)).toEqual([
        0,
        false,
        expect.stringMatching(/^150 texts/),
      ]);
    },
    70_000,
  );
});

describe('mutated', () => {
  const corpus = new Map([
    ['a', 'Thread 1 (idle): "a"\n    f (a.py:1)\n'],
    ['b', '#0  0x01 in g () at g.c:2\n'],
  ]);

  it('gives the same text for the same seed, and others for others', () => {
    expect(mutated(7, corpus)).toEqual(mutated(7, corpus));
    const texts = new Set(Array.from({ length: 100 }, (_, seed) => mutated(seed, corpus).text));
    expect(texts.size).toBeGreaterThan(60);
  });

  it.each(Object.entries(mutations))('%s changes a text', (_, mutate) => {
    const [text = '', ...others] = corpus.values();
    const changed = Array.from({ length: 20 }, (_, seed) => mutate(text, randomOf(seed), [text, ...others]));
    expect(changed.some((each) => each !== text)).toBe(true);
  });
});
