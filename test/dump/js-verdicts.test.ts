import { expect, test } from 'vitest';
import { compileAddon } from './compile-addon.js';
import { fixture, startNode } from './node-target.js';
import { dump, dumpUntil, isDeadlock, startTarget } from './target.js';

test.each([
  ['the main thread', {}],
  ['a worker', { IN_WORKER: '1' }],
])('a JS thread joins a thread that waits for room in its queue: %s', async (_, env) => {
  const addon = compileAddon('usual', ['-O2']);
  const target = startNode({ path: process.execPath }, [fixture('full-queue.cjs')], { ADDON: addon, ...env });
  await target.told(1);
  const { report, exitCode } = await dumpUntil(isDeadlock, String(target.pid));
  expect(report.verdict.family).toBe('js-thread-blocked');
  expect(exitCode).toBe(3);
  const [main, caller] = report.verdict.cycle;
  expect(main?.actor.tid === target.pid).toBe(!('IN_WORKER' in env));
  const lock = 'IN_WORKER' in env ? `runtime-lock:JS thread#${main?.actor.tid}` : 'runtime-lock:JS thread';
  expect(main?.holds).toBe(lock);
  expect(caller).toMatchObject({ holds: main?.waitsFor, waitsFor: lock });
});

test.each([
  ['idles.cjs', 'idle'],
  ['spins.cjs', 'busy'],
])('%s is %s', async (name, kind) => {
  const target = startNode({ path: process.execPath }, [fixture(name)]);
  await target.told(1);
  const { report, exitCode } = await dumpUntil(({ verdict }) => verdict.kind === kind, String(target.pid));
  expect(report.verdict.kind).toBe(kind);
  expect(exitCode).toBe(0);
});

test('a process that waits for its input waits for the outside', async () => {
  const { pid } = await startTarget('sh', ['-c', 'echo ready; read line']);
  const { report, exitCode } = await dumpUntil(
    ({ verdict }) => verdict.kind === 'waiting-external',
    String(pid),
  );
  expect(report.verdict.kind).toBe('waiting-external');
  expect(exitCode).toBe(0);
  expect((await dump(String(pid))).report.processes[0]?.command).toBe('sh');
});
