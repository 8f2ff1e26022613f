/** Outputs of `kvtool dump` other than its text: the raw snapshot, Markdown and graphs. */
import { constants } from 'node:fs';
import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { DumpReport } from '../report/dump-report.js';
import { type WantedOutputs, writeOutputs } from './explain-outputs.js';

/** Returns what to print instead of the text, if anything. */
export function dumpOutputs(report: DumpReport, wanted: WantedOutputs): Promise<string | undefined> {
  return writeOutputs(report.verdict, () => markdownOf(report), wanted);
}

async function markdownOf(report: DumpReport): Promise<string> {
  const { markdownDump } = await import('../report/markdown-dump.js');
  return markdownDump(report);
}

/** Before anything is looked at: a hung process may not be there a second time. */
export async function checkRaw(file: string): Promise<void> {
  const target = await stat(file).catch(() => undefined);
  if (target?.isDirectory()) throw cannotWrite(file, 'it is a folder');
  await access(dirname(file), constants.W_OK).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
}

/** What `kvtool explain` reads again. Whole or not there, and for its owner only: stacks can tell a lot. */
export async function writeRaw({ dumps }: DumpReport, file: string): Promise<void> {
  const unfinished = `${file}.tmp-${process.pid}`;
  const content = `${JSON.stringify({ schemaVersion: 1, dumps }, undefined, 1)}\n`;
  try {
    // What is no plain file (a pipe, /dev/stdout) is written to: to put a file in its place would destroy it.
    const existing = await stat(file).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) return await writeFile(file, content);
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw cannotWrite(file, error);
  }
}

function cannotWrite(file: string, error: unknown): Abort {
  const why = error instanceof Error ? error.message : String(error);
  return new Abort(`cannot write ${file}: ${why}`, exitCodes.usage, [
    'choose a file in a folder that exists and may be written to',
  ]);
}
