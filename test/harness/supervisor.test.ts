import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunFolder } from '../../src/harness/run-folder.js';
import { superviseHarness } from '../../src/harness/supervisor.js';
import { options, temporaryFolder } from './helpers.js';

test('the harness finds its environment and its working folder', async () => {
  const base = await options('finishes.js');
  const cwd = await temporaryFolder();
  const script = 'echo "$EXTRA|$PWD|$HOME"';

  const outcome = await superviseHarness({
    ...base,
    command: 'bash',
    args: ['-c', script],
    cwd,
    env: { EXTRA: 'extra' },
  });

  expect(outcome.logTail).toBe(`extra|${cwd}|${process.env.HOME}\n`);
});

test('a flight file that is none is told once', async () => {
  const base = await options('finishes.js');
  const script = 'echo "something else entirely" >"$KVTOOL_FLIGHT_FILE"; sleep 0.3';

  const outcome = await superviseHarness({ ...base, command: 'bash', args: ['-c', script] });

  expect(outcome.ending).toBe('early-exit');
  expect(outcome.warnings).toEqual(['events.kvr: not a flight file: it does not start with KVFLIGHT']);
});

test('the tail of the log begins at a whole character', async () => {
  const base = await options('finishes.js');
  const script = 'printf "€%.0s" {1..2000}'; // 6000 bytes: the tail of 4096 begins inside a character

  const { logTail } = await superviseHarness({ ...base, command: 'bash', args: ['-c', script] });

  expect(logTail).toBe('€'.repeat(1365));
});

test('harnesses at once do not disturb each other', async () => {
  const run = async () => superviseHarness(await options('finishes.js'));

  const outcomes = await Promise.all([run(), run(), run()]);

  expect(outcomes.map((outcome) => outcome.ending)).toEqual(['finished', 'finished', 'finished']);
});

test('a run folder that has gone aborts', async () => {
  const { path } = await createRunFolder({ root: await temporaryFolder(), scenario: 'test', seed: 1 });
  const gone = join(path, 'gone');
  const base = await options('finishes.js');
  const runFolder = { ...base.runFolder, path: gone, file: (name: string) => join(gone, name) };

  await expect(superviseHarness({ ...base, runFolder })).rejects.toMatchObject({
    name: 'Abort',
    exitCode: 2,
  });
});
