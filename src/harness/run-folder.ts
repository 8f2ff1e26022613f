import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

/** The files of a run folder; which of them exist depends on how far the run came. */
export const runFiles = {
  report: 'report.json',
  events: 'events.kvr',
  log: 'harness.log',
  dump: (number: 1 | 2) => `dump-${number}.json`,
} as const;

export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  /** Absolute path of a file in it. */
  file(name: string): string;
  /**
   * Replaces report.json as a whole: a reader sees the old one or the new one, also after a power cut.
   *
   * @throws Abort (exit 75 when the disk is full, 2 when the folder is not writable)
   */
  writeReport(report: object): Promise<void>;
  /** Names of the files that exist, sorted. */
  artefacts(): Promise<string[]>;
}

export interface RunFolderOptions {
  /** Where run folders go; made when missing. Default `.kvtool/runs` in the working folder. */
  root?: string;
  scenario: string;
  seed: number;
  now?: Date;
  /** Goes into the first report.json beside `status: "running"`. */
  about?: object;
  /** Default: asks the file system. */
  free?: (path: string) => Promise<number | undefined>;
}

/** `20261120T181405.123Z`: sorts by time and needs no quoting in a shell. */
export function runTime(now: Date): string {
  return now.toISOString().replaceAll(/[-:]/g, '');
}

/** What a run may write before anyone looks at its disk again: flight file, capped log, two dumps, report; bytes. */
const roomOfRun = 4 * 1024 * 1024;

function diskFull(message: string): Abort {
  return new Abort(message, exitCodes.retry, [
    'free some space, or keep run folders on another disk',
    'then run the same command again',
  ]);
}

/** Bytes that this user may still write below `path`; undefined where the file system does not count them. */
async function freeBytes(path: string): Promise<number | undefined> {
  const { bavail, bsize, blocks } = await statfs(path);
  return blocks === 0 ? undefined : bavail * bsize;
}

/** The Abort that tells a user what is wrong with their folder; anything that is not about the folder comes back as is. */
export function folderProblem(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(
        `no space left (${error.code}) for ${path}; expected room for a report, logs and dumps (some MiB)`,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENOENT':
    case 'EEXIST':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new Abort(
        `cannot write ${path} (${error.code}); expected a folder that this user may create files in`,
        exitCodes.usage,
        ['choose a writable folder for run folders'],
      );
    default:
      return error;
  }
}

/**
 * Makes the folder of one run and its first report.json, so that it is valid from its first moment on: whoever finds
 * it after a kill -9 reads `status: "running"` instead of nothing.
 *
 * @throws Abort (exit 75 when the disk is full or nearly, 2 when the folder cannot be made)
 */
export async function createRunFolder(options: RunFolderOptions): Promise<RunFolder> {
  const { scenario, seed, now = new Date(), about = {} } = options;
  const root = resolve(options.root ?? join('.kvtool', 'runs'));
  const name = `${runTime(now)}-${scenario.replaceAll(/[^\w.-]/g, '_')}-${seed}`;
  const path = await makeUnique(root, name);
  // Better now than in the middle of the run, where a harness that cannot map its flight file looks like a crash.
  const free = await (options.free ?? freeBytes)(path);
  if (free !== undefined && free < roomOfRun) {
    await rm(path, { recursive: true });
    throw diskFull(
      `found ${Math.floor(free / 1024)} KiB free for ${path}; expected 4 MiB for a report, logs and dumps`,
    );
  }
  const folder: RunFolder = {
    path,
    file: (file) => join(path, file),
    writeReport: (report) => writeWhole(path, runFiles.report, `${JSON.stringify(report, undefined, 2)}\n`),
    artefacts: () => listFiles(path),
  };
  const first = { schemaVersion: 1, status: 'running', scenario, seed, startedAt: now.toISOString() };
  await folder.writeReport({ ...first, ...about, runFolder: path });
  return folder;
}

/**
 * Node's own `recursive` never returns where a file system answers ENOENT to a mkdir below an existing folder, as
 * /proc does: it takes that for a missing parent and starts again (https://github.com/nodejs/node/issues/27198 was the
 * same loop for another cause).
 */
async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolders(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

async function makeUnique(root: string, name: string): Promise<string> {
  try {
    await makeFolders(root);
  } catch (error) {
    throw folderProblem(error, root);
  }
  for (let attempt = 1; ; attempt++) {
    const path = join(root, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      // Not recursive: mkdir then fails when the folder exists, which makes it the arbiter between two runs that
      // start in the same millisecond, in this process or another.
      await mkdir(path);
      return path;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken) throw folderProblem(error, path);
    }
  }
}

let writes = 0;

async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  writes += 1;
  const unfinished = `${path}.${process.pid}.${writes}.tmp`;
  try {
    await writeSynced(unfinished, text);
    await rename(unfinished, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw folderProblem(error, path);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The rename itself lives in the folder: without this a power cut may bring the old report back. */
async function syncFolder(path: string): Promise<void> {
  const folder: FileHandle = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function listFiles(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'));
    return names.map((entry) => entry.name).sort();
  } catch (error) {
    throw folderProblem(error, path);
  }
}
