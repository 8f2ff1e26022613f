import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { takeDump } from '../../src/harness/dumper.js';
import { nativeTools } from '../../src/harness/native-tools.js';
import { fixture, temporaryFolder, untilDead, writtenPids } from './helpers.js';

async function dumpWith(snapshot: string, deadlineMs = 10_000) {
  const folder = await temporaryFolder();
  const output = join(folder, 'dump-1.json');
  await writeFile(output, 'an earlier dump');
  const result = await takeDump({ snapshot: fixture(snapshot), pid: 12, output, deadlineMs });
  return { result, folder, output };
}

test('a dump is read and takes the place of an earlier one', async () => {
  const { result, output } = await dumpWith('snapshot-works.sh');

  expect(result.reason).toBeUndefined();
  expect(result.dump).toMatchObject({ pid: 12, lacks: ['no symbols'] });
  expect(JSON.parse(await readFile(output, 'utf8'))).toEqual(result.dump);
});

test.each([
  ['snapshot-fails.sh', 'the dumper failed (exit code 69): cannot attach: Operation not permitted'],
  ['snapshot-lies.sh', 'the dumper wrote something that is not a dump of schema version 1'],
  ['snapshot-breaks-off.sh', /^the dump could not be read: .*JSON/],
  ['snapshot-says-nothing.sh', /^the dump could not be read: .*JSON/],
  ['snapshot-dies.sh', 'the dumper failed (SIGSEGV)'],
  ['no-such-program', /^the dumper could not be started: .*ENOENT/],
])('%s gives a reason and keeps the earlier dump', async (snapshot, reason) => {
  const { result, folder, output } = await dumpWith(snapshot);

  expect(result.dump).toBeUndefined();
  expect(result.reason).toMatch(reason);
  expect(await readFile(output, 'utf8')).toBe('an earlier dump');
  expect(await readdir(folder)).toEqual(['dump-1.json']);
});

test('a dumper that hangs is killed at its deadline', async () => {
  const pids = join(await temporaryFolder(), 'pids');
  vi.stubEnv('KVTOOL_TEST_PIDS', pids);

  const { result } = await dumpWith('snapshot-hangs.sh', 500);

  expect(result).toEqual({ reason: 'the dumper was killed at its deadline of 500 ms' });
  await untilDead(...(await writtenPids(pids)));
});

test('the real dumper dumps a live process', async () => {
  const output = join(await temporaryFolder(), 'dump-1.json');
  const { snapshot } = nativeTools(['snapshot']);

  const { dump, reason } = await takeDump({ snapshot, pid: process.pid, output });

  expect(reason).toBeUndefined();
  expect(dump?.pid).toBe(process.pid);
  expect(dump?.threads.map((thread) => thread.tid)).toContain(process.pid);
});
