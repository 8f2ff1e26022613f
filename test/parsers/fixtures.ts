/** Dumps of our own programs (test/fixtures/dumps/programs), as their tools printed them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadResult, readDump } from '../../src/diagnosis/parsers/read-dump.js';
import type { Frame, ProcessDump, ThreadDump } from '../../src/diagnosis/process-dump.js';
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

/** The only process of a text. */
export function onlyDump(text: string): ProcessDump {
  const { dumps } = readDump(text);
  const [dump] = dumps;
  if (dump === undefined || dumps.length > 1) throw new Error(`expected one process, found ${dumps.length}`);
  return dump;
}

export function threadOf(dump: ProcessDump, tid: number): ThreadDump {
  const thread = dump.threads.find((each) => each.tid === tid);
  if (thread === undefined) throw new Error(`no thread ${tid} among ${tidsOf(dump).join(', ')}`);
  return thread;
}

export function tidsOf({ threads }: ProcessDump): number[] {
  return threads.map((thread) => thread.tid);
}

/** e.g. `consume (jobs.py:12)`, `cudaSetDevice [libcudart.so.12]`, `0x7f10 [libc.so.6]`. */
export function sketch({ frames }: ThreadDump): string[] {
  return frames.map(sketchFrame);
}

function sketchFrame({ function: name, pc, module, file, line }: Frame): string {
  const where =
    file === undefined ? '' : ` (${file.replace(/.*\//, '')}${line === undefined ? '' : `:${line}`})`;
  return `${name ?? pc ?? '?'}${where}${module === undefined ? '' : ` [${module}]`}`;
}

/** The line of the text that a frame or a thread was read from. */
export function lineAt(text: string, { sourceLine = 0 }: { sourceLine?: number }): string {
  return text.split('\n')[sourceLine - 1] ?? '';
}
