import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { folderProblem } from '../harness/run-folder.js';

/**
 * Replaces the file as a whole, so that whoever uploads it never gets half of it.
 *
 * @throws Abort (exit 2 when it cannot be written, 75 when the disk is full)
 */
export async function writeJunit(xml: string, file: string): Promise<void> {
  const path = resolve(file);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, xml);
    await rename(unfinished, path);
  } catch (error) {
    throw folderProblem(error, path);
  }
}
