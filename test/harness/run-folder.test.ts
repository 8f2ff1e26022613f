import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Abort } from '../../src/errors.js';
import { createRunFolder, folderProblem, runTime } from '../../src/harness/run-folder.js';
import { temporaryFolder } from './helpers.js';

const now = new Date('2026-11-20T18:14:05.123Z');

function codedError(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

test('runTime sorts by time and needs no quoting', () => {
  expect(runTime(now)).toBe('20261120T181405.123Z');
});

describe('createRunFolder', () => {
  test('names the folder after time, scenario and seed, and makes its parents', async () => {
    const root = join(await temporaryFolder(), 'deep', 'runs');

    const { path } = await createRunFolder({ root, scenario: 'gil-hostfunc', seed: 42, now });

    expect(path).toBe(join(root, '20261120T181405.123Z-gil-hostfunc-42'));
  });

  test('leaves a valid report from the first moment', async () => {
    const root = await temporaryFolder();

    const folder = await createRunFolder({
      root,
      scenario: 'abba',
      seed: 1,
      now,
      about: { variant: 'buggy' },
    });

    expect(JSON.parse(await readFile(folder.file('report.json'), 'utf8'))).toEqual({
      schemaVersion: 1,
      status: 'running',
      scenario: 'abba',
      seed: 1,
      startedAt: '2026-11-20T18:14:05.123Z',
      variant: 'buggy',
      runFolder: folder.path,
    });
  });

  test('gives every run of one millisecond its own folder', async () => {
    const root = await temporaryFolder();

    const make = () => createRunFolder({ root, scenario: 'abba', seed: 1, now });
    const folders = await Promise.all([make(), make(), make(), make()]);

    expect(new Set(folders.map((folder) => folder.path)).size).toBe(4);
    expect(await readdir(root)).toHaveLength(4);
  });

  test('does not let a scenario name lead out of the root', async () => {
    const root = await temporaryFolder();

    const { path } = await createRunFolder({ root, scenario: '../../etc', seed: 1, now });

    expect(path).toBe(join(root, '20261120T181405.123Z-.._.._etc-1'));
  });

  test('aborts with exit 2 where a file stands in the way', async () => {
    const root = join(await temporaryFolder(), 'a-file');
    await writeFile(root, '');

    const failure = createRunFolder({ root: join(root, 'runs'), scenario: 'abba', seed: 1 });

    await expect(failure).rejects.toThrow(/^cannot write .*a-file\/runs \(ENOTDIR\); expected a folder/);
    await expect(failure).rejects.toMatchObject({ name: 'Abort', exitCode: 2 });
  });
});

describe('a folder that can never be made', () => {
  // Node's own recursive mkdir never returns here.
  test('is refused at once below /proc', { timeout: 5000 }, async () => {
    const failure = createRunFolder({ root: '/proc/kvtool/runs', scenario: 'abba', seed: 1 });
    await expect(failure).rejects.toMatchObject({ name: 'Abort', exitCode: 2 });
  });
});

describe('writeReport', () => {
  test('replaces the report as a whole and leaves nothing else behind', async () => {
    const folder = await createRunFolder({ root: await temporaryFolder(), scenario: 'abba', seed: 1 });

    // When many writers write at once
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => folder.writeReport({ i, padding: 'x'.repeat(50_000) })),
    );

    // Then the report is exactly one of them
    const report: unknown = JSON.parse(await readFile(folder.file('report.json'), 'utf8'));
    expect(report).toMatchObject({ i: expect.any(Number), padding: 'x'.repeat(50_000) });
    expect(await readdir(folder.path)).toEqual(['report.json']);
  });

  test('keeps the old report when the new one cannot be written', async () => {
    const folder = await createRunFolder({ root: await temporaryFolder(), scenario: 'abba', seed: 1 });
    const circular: { self?: object } = {};
    circular.self = circular;

    await expect(async () => folder.writeReport(circular)).rejects.toThrow(TypeError);

    expect(await readFile(folder.file('report.json'), 'utf8')).toContain('"status": "running"');
    expect(await readdir(folder.path)).toEqual(['report.json']);
  });

  test('does not begin a run on a disk that cannot hold it, and leaves nothing there', async () => {
    const root = await temporaryFolder();
    const options = { root, scenario: 'abba', seed: 1 };

    await expect(createRunFolder({ ...options, free: async () => 65_536 })).rejects.toMatchObject({
      exitCode: 75,
      message: expect.stringMatching(/^found 64 KiB free for .*-abba-1; expected 4 MiB /),
    });
    expect(await readdir(root)).toEqual([]);

    await createRunFolder({ ...options, free: async () => undefined });
  });

  test('tells a full disk from a folder that cannot be written', () => {
    const full = folderProblem(codedError('ENOSPC'), '/runs/report.json');
    expect(full).toBeInstanceOf(Abort);
    expect(full).toMatchObject({
      exitCode: 75,
      message:
        'no space left (ENOSPC) for /runs/report.json; expected room for a report, logs and dumps (some MiB)',
    });

    const denied = folderProblem(codedError('EACCES'), '/runs');
    expect(denied).toMatchObject({
      exitCode: 2,
      message: 'cannot write /runs (EACCES); expected a folder that this user may create files in',
    });
    expect(denied).toHaveProperty('suggestions', ['choose a writable folder for run folders']);
  });

  test('lets every other error through: it is a bug', () => {
    const error = codedError('EBADF');
    expect(folderProblem(error, '/runs')).toBe(error);
  });
});

test('artefacts are the finished files of the folder', async () => {
  const folder = await createRunFolder({ root: await temporaryFolder(), scenario: 'abba', seed: 1 });
  await writeFile(folder.file('harness.log'), '');
  await writeFile(folder.file('dump-1.json.tmp'), '{');
  await mkdir(folder.file('a-folder'));
  await symlink('/dev/null', folder.file('a-link'));

  expect(await folder.artefacts()).toEqual(['harness.log', 'report.json']);
});
