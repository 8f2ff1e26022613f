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

const gpuSources = join(packageRoot, 'test', 'fixtures', 'gpu');
const gpuFolder = join(packageRoot, 'build', 'test-gpu');

/** Name of a GPU's library, as programs look for it, and its source in test/fixtures/gpu. */
const gpuLibraryNames = [
  ['libcuda.so.1', 'driver'],
  ['libcudart.so.13', 'runtime'],
  ['libnvidia-ml.so.1', 'nvml'],
] as const;

/** @returns the folder with GPU libraries of our own, for LD_LIBRARY_PATH */
export async function gpuLibraries(): Promise<string> {
  await mkdir(gpuFolder, { recursive: true });
  for (const [name, source] of gpuLibraryNames) {
    const [from, output] = [join(gpuSources, `${source}.cc`), join(gpuFolder, name)];
    if ((await changed(output)) > (await changed(from))) continue;
    const draft = `${output}.${process.pid}`;
    // Stripped, as the real ones are: only their entry points have names.
    const flags = ['-std=c++20', '-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-pthread', '-s'];
    const needs = source === 'runtime' ? [join(gpuFolder, 'libcuda.so.1')] : [];
    const frames = '-fno-optimize-sibling-calls';
    await run('c++', [...flags, frames, from, ...needs, `-Wl,-soname,${name}`, '-o', draft], {
      timeout: 120_000,
    });
    await rename(draft, output);
  }
  return gpuFolder;
}

/** test/gpu/host-function-mutex.cc, linked with that driver. */
export async function gpuProgram(): Promise<string> {
  const libraries = await gpuLibraries();
  const output = join(libraries, 'host-function-mutex');
  const source = join(packageRoot, 'test', 'gpu', 'host-function-mutex.cc');
  if ((await changed(output)) > (await changed(source))) return output;
  const draft = `${output}.${process.pid}`;
  const flags = ['-std=c++20', '-O2', '-g', '-pthread', join(libraries, 'libcuda.so.1')];
  await run('c++', [source, ...flags, '-o', draft], { timeout: 120_000 });
  await rename(draft, output);
  return output;
}

async function changed(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}
