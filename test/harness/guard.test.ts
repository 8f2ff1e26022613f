import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GuardedChild } from '../../src/harness/guard.js';
import { nativeTools } from '../../src/harness/native-tools.js';
import { fixture, isAlive, temporaryFolder, until, untilDead, writtenPids } from './helpers.js';

async function start(
  command: string,
  args: readonly string[] = [],
  { guard = nativeTools(['guard']).guard, cwd = process.cwd(), killGraceMs = 10_000 } = {},
): Promise<GuardedChild> {
  const log = await open(join(await temporaryFolder(), 'harness.log'), 'a');
  const child = new GuardedChild({ guard, command, args, cwd, env: process.env, logFd: log.fd, killGraceMs });
  await log.close();
  onTestFinished(async () => {
    await child.kill();
  });
  return child;
}

test('tells the process id and the exit code', async () => {
  const child = await start('bash', ['-c', 'exit 42']);
  await child.gone;

  expect(child.pid).toBeGreaterThan(0);
  expect(child.exit).toEqual({ code: 42 });
  expect(child.strays).toBe(0);
  expect(child.guardLost).toBeUndefined();
});

test.each(['SEGV', 'ABRT', 'KILL'])('tells a death by SIG%s', async (signal) => {
  const child = await start(fixture('crashes.sh'), [signal]);
  await child.gone;

  expect(child.exit).toEqual({ signal: `SIG${signal}` });
});

test.each([
  ['no-such-command', /^cannot run no-such-command: No such file/i],
  [fixture('flight-golden.kvr.gz'), /^cannot run .*: Permission denied/i],
])('aborts with exit 69 when %s cannot be started', async (command, message) => {
  const child = await start(command);
  await child.exited;

  expect(child.failure).toMatchObject({
    name: 'Abort',
    exitCode: 69,
    message: expect.stringMatching(message),
  });
  expect(child.pid).toBeUndefined();
  expect(child.exit).toBeUndefined();
  await child.gone;
});

test('aborts when the working folder does not exist', async () => {
  const child = await start('true', [], { cwd: '/no/such/folder' });
  await child.gone;

  expect(child.failure).toMatchObject({ name: 'Abort', exitCode: 69 });
});

test('terminate asks, and a harness that listens ends', async () => {
  const child = await start('sleep', ['1000']);
  await until('it runs', () => child.pid !== undefined);

  child.terminate();
  await child.gone;

  expect(child.exit).toEqual({ signal: 'SIGTERM' });
});

test('kill ends a harness and a child that ignore SIGTERM', async () => {
  // Given both of them running, and deaf to SIGTERM
  const pids = join(await temporaryFolder(), 'pids');
  const child = await start(fixture('ignores-sigterm.sh'), [pids]);
  const processes = await writtenPids(pids);
  child.terminate();

  // When killed
  expect(await child.kill()).toBe(true);

  // Then nothing is left by the time kill resolves
  expect(processes).toHaveLength(2);
  expect(await Promise.all(processes.map(isAlive))).toEqual([false, false]);
});

test('kill finds a grandchild in a session of its own', async () => {
  const pids = join(await temporaryFolder(), 'pids');
  const child = await start(fixture('leaves-a-grandchild.sh'), [pids, 'sleep', '1000']);
  const [grandchild = 0] = await writtenPids(pids);
  expect(await isAlive(grandchild)).toBe(true);

  expect(await child.kill()).toBe(true);

  expect(await isAlive(grandchild)).toBe(false);
});

test('a harness that ends leaves no grandchild behind', async () => {
  const pids = join(await temporaryFolder(), 'pids');
  const child = await start(fixture('leaves-a-grandchild.sh'), [pids, 'bash', '-c', 'exit 5']);
  const [grandchild = 0] = await writtenPids(pids);

  expect(await child.settle()).toBe(true);

  expect(child.exit).toEqual({ code: 5 });
  expect(child.strays).toBe(1);
  expect(await isAlive(grandchild)).toBe(false);
});

test('kill may be called before the harness runs, twice, and after the end', async () => {
  const child = await start('sleep', ['1000']);

  expect(await Promise.all([child.kill(), child.kill()])).toEqual([true, true]);
  expect(await child.kill()).toBe(true);
});

test('a guard that is killed is told, and so is that nobody knows the end', async () => {
  const child = await start('sleep', ['1000'], { guard: fixture('guard-dies.sh') });
  await child.gone;

  expect(child.guardLost).toBe('SIGKILL');
  expect(child.exit).toEqual({});
  expect(await child.kill()).toBe(false);
});

test('processes that do not die of SIGKILL are told', async () => {
  const child = await start('sleep', ['1000'], { guard: fixture('guard-gives-up.sh') });
  await child.gone;

  expect(child.left).toBe(2);
  expect(await child.settle()).toBe(false);
});

test('kill does without a guard that does not obey', async () => {
  const pids = join(await temporaryFolder(), 'pids');
  const child = await start(pids, [], { guard: fixture('guard-is-deaf.sh'), killGraceMs: 200 });
  const processes = await writtenPids(pids);

  expect(await child.kill()).toBe(false);

  await untilDead(...processes);
});
