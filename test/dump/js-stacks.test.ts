import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dumpedFrames, placesFrom, sameName, toldFrames } from './error-stack.js';
import { dumpWhen, fixture, mainThread, nodes, runs, startNode } from './node-target.js';

/** The function in which each way of blocking stands, and what is innermost of all then. */
const ways = {
  wait: { native: /futex|wait|^$/i, kind: /condvar|futex/ },
  read: { native: /read/, kind: /read|other|poll/ },
  spawn: { native: /poll/, kind: /poll/ },
} as const;

/** Flags that change how V8 runs programs. Every Node that is tested knows them. */
const flags = [
  '--always-sparkplug',
  '--jitless',
  '--no-opt',
  '--interpreted-frames-native-stack',
  '--max-lazy',
  '--single-threaded',
  '--no-short-builtin-calls',
  '--inspect=0',
  '--stack-size=2000',
];

const programs = ['calls.cjs', 'reenters.cjs', 'hot-loop.cjs', 'evaluates.cjs', 'module.mjs'];

/** Starts a program, lets it tell its stack, and compares that with a dump: every place, in order. */
async function expectSameStack(path: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  // Given a program that told its stack and blocks
  const target = startNode({ path }, args, env);
  const [told] = await target.told(1);
  const expected = toldFrames(told?.frames ?? []);
  const way = env.WAY ?? 'wait';

  // When it is dumped
  const dump = await dumpWhen(
    target.pid,
    (taken) => runs(mainThread(taken), way) && mainThread(taken).state === 'S',
  );
  const main = mainThread(dump);

  // Then its JavaScript frames are those that it told, and nothing is missing further out
  const found = dumpedFrames(main.frames);
  const places = expected.flatMap(({ place }) => (place === undefined ? [] : [place]));
  expect(placesFrom(found, places[0])).toEqual(places);
  expect(main.stack).toBe('complete');
  expect(dump.lacks.filter((lack) => lack.includes('JavaScript'))).toEqual([]);
  for (const { name, place } of expected) {
    const own = found.find((frame) => frame.place === place);
    if (name !== '' && place !== undefined) expect(own?.name).toSatisfy((n: string) => sameName(n, name));
  }
  return { main, told, dump };
}

describe.each(nodes)('Node $version', ({ path, major }) => {
  describe.each(programs)('%s', (program) => {
    test('has the stack that it told', async () => {
      await expectSameStack(path, [fixture(program)]);
    });
  });

  test('counts lines as V8 does, in a text of two-byte characters', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kvtool-source-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'größe 名.cjs');
    writeFileSync(
      file,
      [
        `const { arm, stopHere } = require(${JSON.stringify(fixture('stop.cjs'))});\r\n`,
        'const größe = (ž) => {\r  /* \u2028 is an end of a line */ const 名前 = () => { stopHere(); };\r\n',
        '\u2028\u2029  名前(); /* 🂡 is two units */ return ž;\n};\n',
        'arm();\n/* 🂡🂡 */ größe("x");',
      ].join(''),
    );
    const { main } = await expectSameStack(path, [file]);
    expect(main.frames.map((frame) => frame.function)).toEqual(expect.arrayContaining(['名前', 'größe']));
  });

  test.each(flags)('has the stack that it told, with %s', async (flag) => {
    await expectSameStack(path, [flag, fixture('calls.cjs')]);
  });

  test('has the stack that it told while V8 records coverage', async () => {
    await expectSameStack(path, [fixture('calls.cjs')], { NODE_V8_COVERAGE: '/nowhere' });
  });

  test.each(['read', 'spawn'] as const)('has the stack that it told while it blocks in a %s', async (way) => {
    const { main } = await expectSameStack(path, [fixture('calls.cjs')], { WAY: way });
    expect(main.wait?.kind).toMatch(ways[way].kind);
    expect(runs(main, ways[way].native)).toBe(true);
  });

  test.each([
    ['the default', []],
    ['Maglev', ['--maglev']],
    ['Sparkplug for everything', ['--always-sparkplug']],
    ['nothing inlined', ['--no-turbo-inlining', '--max-inlined-bytecode-size=0']],
  ])('names the tier of each function: %s', async (_, given) => {
    const { main, told } = await expectSameStack(path, [
      '--allow-natives-syntax',
      ...(major === 20 ? given.filter((flag) => flag !== '--maglev') : given),
      fixture('tiers.cjs'),
    ]);
    expect(told?.tiers?.inTurbofan).toBe('turbofan');
    if (given.includes('--maglev') && major >= 24) expect(told?.tiers?.inMaglev).toBe('maglev');
    for (const [name, tier] of Object.entries(told?.tiers ?? {})) {
      // What was inlined runs in the code of the function around it.
      const frame = main.frames.find(({ function: own, inlined }) => own === name && !inlined);
      if (frame !== undefined) expect([name, frame.tier]).toEqual([name, tier]);
    }
    const inlined = main.frames.filter((frame) => frame.inlined).map((frame) => frame.function);
    if (!given.includes('--no-turbo-inlining')) expect(inlined).toContain('intoTurbofan');
  });

  test('shows what C++ called between the functions that it was called from', async () => {
    const { main } = await expectSameStack(path, [fixture('reenters.cjs')]);
    const order = [
      ['js', 'wait'],
      ['js', 'innermost'],
      ['js', 'reviver'],
      ['native', 'Builtins_JSEntry'],
      ['native', /^v8::internal::Builtin_JsonParse/],
      ['js', 'parse'],
      ['native', 'Builtins_JSEntry'],
      ['native', /ContextifyScript/],
      ['js', 'runInThisContext'],
      ['js', 'runScript'],
      ['native', 'Builtins_JSEntry'],
      ['native', /^v8::internal::Builtin_JsonStringify/],
      ['js', 'onImmediate'],
      ['native', /^node::SpinEventLoop/],
      ['native', '_start'],
    ] as const;
    let at = 0;
    for (const [runtime, name] of order) {
      const rest = main.frames.slice(at);
      const next = rest.findIndex(
        (frame) =>
          frame.runtime === runtime &&
          (typeof name === 'string' ? frame.function === name : name.test(frame.function ?? '')),
      );
      expect([name, next >= 0]).toEqual([name, true]);
      at += next + 1;
    }
  });

  test('shows every thread that runs JavaScript', async () => {
    const target = startNode({ path }, [fixture('workers.cjs')]);
    const told = await target.told(3);
    const dump = await dumpWhen(
      target.pid,
      (taken) => taken.threads.filter((thread) => runs(thread, 'wait')).length === 3,
    );
    const stacks = dump.threads.filter((thread) => runs(thread, 'wait'));
    const found = stacks.map(({ frames }) => {
      const own = dumpedFrames(frames);
      return placesFrom(own, own[1]?.place);
    });
    const expected = told.map(({ frames }) => placesFrom(toldFrames(frames), undefined));
    expect(found.toSorted()).toEqual(expected.toSorted());

    // And whose each is: the main thread's and two workers' own
    const holds = dump.threads.flatMap((thread) =>
      (thread.holds ?? []).map((lock) => ({ ...lock, tid: thread.tid })),
    );
    expect(holds.map(({ tid }) => tid)).toEqual(stacks.map(({ tid }) => tid));
    expect(holds.map(({ kind, name }) => [kind, name])).toEqual(
      stacks.map(({ tid }) => ['runtime-lock', tid === dump.pid ? 'JS thread' : `JS thread#${tid}`]),
    );
    expect(new Set(holds.map(({ address }) => address)).size).toBe(3);
  });
});
