import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ThreadDump } from '../../src/diagnosis/process-dump.js';
import { dumpWhen, fixture, mainThread, nodes, runs, startNode } from './node-target.js';

/** `function:line:column` of the JavaScript frames that are in a fixture. */
function places({ frames }: ThreadDump, name: string): string[] {
  return frames
    .filter(({ file = '' }) => file.endsWith(name))
    .map((frame) => `${frame.function}:${frame.line}:${frame.column}`);
}

/** Where a fixture says `// <- mark`: the line, and the column of a text in it. */
async function marked(name: string, mark: string, text: string): Promise<string> {
  const lines = (await readFile(fixture(name), 'utf8')).split('\n');
  const line = lines.findIndex((candidate) => candidate.endsWith(`// <- ${mark}`));
  return `${line + 1}:${(lines[line] ?? '').indexOf(text) + 1}`;
}

describe.each(nodes)('Node $version', ({ path }) => {
  test('knows the places of a program that never asked for a stack', async () => {
    const target = startNode({ path }, [fixture('silent.cjs')]);
    await target.told(1);
    const main = mainThread(await dumpWhen(target.pid, (taken) => runs(mainThread(taken), 'inner')));
    expect(places(main, 'silent.cjs')).toEqual([
      `inner:${await marked('silent.cjs', 'inner', 'wait(')}`,
      `outer:${await marked('silent.cjs', 'outer', 'f()')}`,
      `<anonymous>:${await marked('silent.cjs', 'top', 'outer(')}`,
    ]);
  });

  test('shows what JavaScript runs C++, when that stands still below it', async () => {
    const target = startNode({ path }, [fixture('computes-natively.cjs')]);
    await target.told(1);
    const taken = await dumpWhen(target.pid, (seen) => runs(mainThread(seen), 'derive'), ['--no-stop']);
    const main = mainThread(taken);
    expect(main.state).toBe('R');
    expect(places(main, 'computes-natively.cjs')[0]).toBe(
      `derive:${await marked('computes-natively.cjs', 'here', 'pbkdf2Sync')}`,
    );
    expect(main.stack).toBe('partial');
    expect(main.holds).toMatchObject([{ kind: 'runtime-lock', name: 'JS thread' }]);
    expect(taken.lacks.join()).toMatch(
      new RegExp(`Thread ${taken.pid}: .*only the frames that its language runtime keeps`),
    );
  });

  test('shows JavaScript that runs, as it was when it was stopped for a moment', async () => {
    const target = startNode({ path }, [fixture('spins.cjs')]);
    await target.told(1);
    const taken = await dumpWhen(target.pid, (seen) => runs(mainThread(seen), 'spin'));
    const main = mainThread(taken);
    const [innermost] = main.frames;
    expect(innermost).toMatchObject({ function: 'spin', runtime: 'js', line: expect.any(Number) });
    expect(main).toMatchObject({ stack: 'complete', rung: 'stopped', accuracy: 'exact' });
    expect(main.pausedUs).toBeGreaterThan(0);
    expect(taken.pausedUs).toBe(main.pausedUs);
    for (const other of taken.threads.filter(({ state, tid }) => state === 'S' && tid !== main.tid))
      expect(other.pausedUs).toBeUndefined();
  });

  test('says of JavaScript that runs and may not be stopped that there is no stack', async () => {
    const target = startNode({ path }, [fixture('spins.cjs')]);
    await target.told(1);
    const taken = await dumpWhen(target.pid, (seen) => mainThread(seen).state === 'R', ['--no-stop']);
    expect(mainThread(taken)).toMatchObject({ frames: [], stack: 'none' });
    expect(taken.lacks.join()).toMatch(new RegExp(`Thread ${taken.pid}: no stack: running`));
  });

  test('shows an idle event loop as native, and who runs it', async () => {
    const target = startNode({ path }, [fixture('idles.cjs')]);
    await target.told(1);
    const taken = await dumpWhen(target.pid, (seen) => runs(mainThread(seen), /^uv__io_poll/));
    const main = mainThread(taken);
    expect(main.frames.every((frame) => frame.runtime === 'native')).toBe(true);
    expect(main.stack).toBe('complete');
    expect(main.holds).toMatchObject([{ kind: 'runtime-lock', name: 'JS thread' }]);
    expect(taken.threads.filter((thread) => thread.holds !== undefined)).toEqual([main]);
  });
});
