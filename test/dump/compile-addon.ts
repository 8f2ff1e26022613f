/** Compiles the C addon of the fixtures: once per set of flags and test file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fixture } from './node-target.js';

const folder = mkdtempSync(join(tmpdir(), 'kvtool-addon-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** @returns the addon's path */
export function compileAddon(name: string, flags: readonly string[]): string {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');
  const output = join(folder, `${name}.node`);
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    '-pthread',
    ...flags,
    `-I${headers}`,
    fixture('blocks.c'),
    '-o',
    output,
  ]);
  return output;
}
