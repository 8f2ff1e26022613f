import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpWhen, fixture, mainThread, nodes, runs, startNode } from './node-target.js';

/** A copy of Node whose metadata has other names: a V8 that nobody described. */
function withoutMetadata(path: string, folder: string): string {
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf('v8dbg_'); at >= 0; at = bytes.indexOf('v8dbg_', at)) bytes.write('v8gdb_', at);
  const copy = join(folder, 'node');
  writeFileSync(copy, bytes, { mode: 0o755 });
  return copy;
}

describe.each(nodes)('Node $version without metadata', ({ path }) => {
  const folder = mkdtempSync(join(tmpdir(), 'kvtool-node-'));
  let node = '';
  beforeAll(() => {
    node = withoutMetadata(path, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has native frames, and the dump says what is missing', async () => {
    const target = startNode({ path: node }, [fixture('calls.cjs')]);
    await target.told(1);
    const dump = await dumpWhen(target.pid, (taken) =>
      runs(mainThread(taken), /Builtin_AtomicsWait$|AtomicsWait\(/),
    );
    const main = mainThread(dump);
    expect(main.frames.every((frame) => frame.runtime === 'native')).toBe(true);
    expect(main.stack).toBe('complete');
    expect(dump.lacks.filter((lack) => lack.startsWith('No JavaScript frames: '))).toEqual([
      'No JavaScript frames: its executable has no V8 metadata; start it with --perf-basic-prof ' +
        '--interpreted-frames-native-stack to have them named.',
    ]);
  });

  test('takes the names of its perf map', async () => {
    const target = startNode({ path: node }, [
      '--perf-basic-prof',
      '--interpreted-frames-native-stack',
      fixture('calls.cjs'),
    ]);
    await target.told(1);
    try {
      const dump = await dumpWhen(target.pid, (taken) => runs(mainThread(taken), 'wait'));
      const own = mainThread(dump).frames.filter(({ file = '' }) => file.endsWith('calls.cjs'));
      expect(own.map((frame) => frame.function)).toEqual(
        expect.arrayContaining(['run', 'Base', 'Derived', 'get value']),
      );
      // The line of the function, not of the call in it
      expect(own.find((frame) => frame.function === 'Base')).toMatchObject({ runtime: 'js', line: 23 });
      expect(dump.lacks.filter((lack) => lack.includes('perf map'))).toHaveLength(1);
    } finally {
      rmSync(`/tmp/perf-${target.pid}.map`, { force: true });
    }
  });
});
