import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { folderProblem } from '../harness/run-folder.js';
import { junit } from '../report/junit.js';
import type { CheckReport } from '../report/report.js';

/**
 * Replaces the file as a whole, so that whoever uploads it never gets half of it.
 *
 * @throws Abort (exit 2 when it cannot be written, 75 when the disk is full)
 */
export async function writeJunit(report: CheckReport, file: string): Promise<void> {
  const path = resolve(file);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, junit(report));
    await rename(unfinished, path);
  } catch (error) {
    throw folderProblem(error, path);
  }
}
