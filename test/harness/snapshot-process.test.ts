import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { nativeTools } from '../../src/harness/native-tools.js';
import { runSnapshot } from '../../src/harness/snapshot-process.js';
import { fixture, temporaryFolder, untilDead, writtenPids } from './helpers.js';

const args = ['12'];

test('what the tool wrote', async () => {
  const { snapshot } = nativeTools(['snapshot']);
  const ending = await runSnapshot({ snapshot, args: [String(process.pid)], deadlineMs: 20_000 });
  expect(ending).toMatchObject({ kind: 'written', text: expect.stringContaining(`"pid": ${process.pid}`) });
});

test('its own last words when it fails', async () => {
  const ending = await runSnapshot({ snapshot: fixture('snapshot-fails.sh'), args, deadlineMs: 20_000 });
  expect(ending).toEqual({
    kind: 'failed',
    exitCode: 69,
    message: 'cannot attach: Operation not permitted',
  });
});

test('a tool that is not there', async () => {
  const ending = await runSnapshot({ snapshot: '/no/such/tool', args, deadlineMs: 20_000 });
  expect(ending).toMatchObject({ kind: 'not-started', message: expect.stringContaining('ENOENT') });
});

test.each(['late', 'aborted'] as const)('a tool that hangs is killed: %s', async (kind) => {
  const pids = join(await temporaryFolder(), 'pids');
  vi.stubEnv('KVTOOL_TEST_PIDS', pids);
  const controller = new AbortController();
  const deadlineMs = kind === 'late' ? 300 : 20_000;
  const running = runSnapshot({
    ...{ snapshot: fixture('snapshot-hangs.sh'), args, deadlineMs },
    signal: controller.signal,
  });
  const started = await writtenPids(pids);
  if (kind === 'aborted') controller.abort('SIGINT');
  expect(await running).toEqual({ kind });
  await untilDead(...started);
});

test('nothing is started once it is aborted', async () => {
  const ending = await runSnapshot({
    ...{ snapshot: '/no/such/tool', args, deadlineMs: 20_000 },
    signal: AbortSignal.abort('SIGINT'),
  });
  expect(ending).toEqual({ kind: 'aborted' });
});
