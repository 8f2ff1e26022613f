import { describe, expect, test } from 'vitest';
import { compileAddon } from './compile-addon.js';
import { dumpedFrames, placesFrom, toldFrames } from './error-stack.js';
import { dumpWhen, fixture, mainThread, nodes, runs, startNode } from './node-target.js';

const addon = compileAddon('usual', ['-O2']);
/** As some vendors' libraries are: nothing says how to unwind its code. */
const opaque = compileAddon('opaque', [
  '-O2',
  '-fomit-frame-pointer',
  '-fno-asynchronous-unwind-tables',
  '-fno-exceptions',
  '-s',
]);

describe.each(nodes)('Node $version', ({ path }) => {
  test('shows JavaScript below and above an addon that blocks on a mutex', async () => {
    const target = startNode({ path }, [fixture('in-addon.cjs')], { ADDON: addon });
    const [told] = await target.told(1);
    // The mutex's owner may be younger than the first dump's list of threads.
    const dump = await dumpWhen(target.pid, (taken) => {
      const { wait } = mainThread(taken);
      return wait?.kind === 'mutex' && taken.threads.some(({ tid }) => tid === wait.ownerTid);
    });
    const main = mainThread(dump);
    const expected = placesFrom(toldFrames(told?.frames ?? []), undefined);
    expect(placesFrom(dumpedFrames(main.frames), expected[0])).toEqual(expected);
    expect(main.stack).toBe('complete');
    expect(main.wait).toMatchObject({ kind: 'mutex', ownerTid: expect.any(Number) });
    const names = main.frames.map((frame) => frame.function ?? '');
    const own = names.filter((name) =>
      /wait_for_mutex|^lock|^calledByAddon|^call$|^callsAddon|onTimer/.test(name),
    );
    expect(own).toEqual(['wait_for_mutex', 'lock', 'calledByAddon', 'call', 'callsAddon', 'onTimer']);
  });

  test('loses only the frames of an addon that cannot be unwound', async () => {
    const target = startNode({ path }, [fixture('in-addon.cjs')], { ADDON: opaque });
    const [told] = await target.told(1);
    const dump = await dumpWhen(target.pid, (taken) => mainThread(taken).wait?.kind === 'mutex');
    const main = mainThread(dump);
    const expected = placesFrom(toldFrames(told?.frames ?? []), undefined);
    expect(placesFrom(dumpedFrames(main.frames), expected[0])).toEqual(expected);
    expect(main.frames.at(-1)?.function).toBe('_start');
    expect(main.frames[1]?.function).toMatch(/pthread_mutex_lock/);
    expect(dump.lacks.join()).toMatch(new RegExp(`Threads? .*${dump.pid}.*a frame may be missing`));
  });

  test.each([
    ['the main thread', {}],
    ['a worker', { IN_WORKER: '1' }],
  ])('says whose a full queue is: that of %s', async (_, env) => {
    const target = startNode({ path }, [fixture('full-queue.cjs')], { ADDON: addon, ...env });
    await target.told(1);
    const dump = await dumpWhen(target.pid, ({ threads }) => {
      const kinds = threads.map((thread) => thread.wait?.kind);
      return kinds.includes('js-thread') && kinds.includes('join');
    });
    const caller = dump.threads.find((thread) => runs(thread, 'call_too_often'));
    const owner = dump.threads.find((thread) => runs(thread, 'join_caller'));
    const name = owner?.tid === dump.pid ? 'JS thread' : `JS thread#${owner?.tid}`;
    expect(caller?.wait).toEqual({
      kind: 'js-thread',
      address: owner?.holds?.[0]?.address,
      ownerTid: owner?.tid,
      name,
    });
    expect(owner?.holds).toEqual([{ kind: 'runtime-lock', address: expect.any(String), name }]);
    expect(owner?.wait).toMatchObject({ kind: 'join', ownerTid: caller?.tid });
    expect(owner?.tid === dump.pid).toBe(!('IN_WORKER' in env));
  });
});
