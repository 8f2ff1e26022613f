/** Dumps of our own programs (test/fixtures/dumps/programs), as their tools printed them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadResult, readDump } from '../../src/diagnosis/parsers/read-dump.js';
import type { ProcessDump } from '../../src/diagnosis/process-dump.js';
import { packageRoot } from '../../src/package-root.js';

export const dumpFolder = join(packageRoot, 'test', 'fixtures', 'dumps');

export function fixtureText(name: string): string {
  return readFileSync(join(dumpFolder, name), 'utf8');
}

export function readFixture(name: string): ReadResult {
  return readDump(fixtureText(name));
}

export function fixtureDumps(name: string): ProcessDump[] {
  return readFixture(name).dumps;
}
