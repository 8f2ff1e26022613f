/** The C++ programs of test/fixtures/programs, compiled when they are first needed. */
import { execFile } from 'node:child_process';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.js';

const run = promisify(execFile);
const sources = join(packageRoot, 'test', 'fixtures', 'programs');
const folder = join(packageRoot, 'build', 'test-programs');

/** @returns the path of the program; it is compiled again only when its source is newer. */
export async function program(name: string): Promise<string> {
  const [source, output] = [join(sources, `${name}.cc`), join(folder, name)];
  if ((await changed(output)) > Math.max(await changed(source), await changed(join(sources, 'fixture.h'))))
    return output;
  await mkdir(folder, { recursive: true });
  // Test files run side by side: each compiles for itself, and the last one wins.
  const draft = `${output}.${process.pid}`;
  const flags = ['-std=c++20', '-O2', '-g', '-pthread', `-I${join(packageRoot, 'native')}`];
  await run('c++', [...flags, source, '-o', draft], { timeout: 120_000 });
  await rename(draft, output);
  return output;
}

async function changed(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}
