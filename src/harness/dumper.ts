/** One look into a live process for a run folder: the dump is handed on, and kept in a file. */
import { rename, rm, writeFile } from 'node:fs/promises';
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { parseDump } from './read-dump.js';
import { runSnapshot, type SnapshotEnding } from './snapshot-process.js';

export interface DumpOptions {
  /** Path of kvtool-snapshot. */
  snapshot: string;
  pid: number;
  /** The flight file of the process, whose lock lines go into the dump. Absent for a foreign process. */
  flight?: string;
  /** The file that the dump is written to. One that exists is replaced, but only by a whole dump. */
  output: string;
  /** After this long the dumper is killed, ms. Default 5 s. */
  deadlineMs?: number;
}

/** Exactly one of the two is set. */
export interface DumpResult {
  dump?: ProcessDump;
  /** Why there is no dump, one sentence. */
  reason?: string;
}

/** Dumps `pid`. Never throws, and never takes longer than the deadline and a moment. */
export async function takeDump(options: DumpOptions): Promise<DumpResult> {
  const { snapshot, pid, flight, deadlineMs = 5000, output } = options;
  const lockLines = flight === undefined ? [] : ['--flight', flight];
  // It had better stop by itself with half a dump than be killed with none.
  const budget = ['--budget-ms', String(Math.ceil(deadlineMs * 0.8))];
  const ending = await runSnapshot({ snapshot, args: [String(pid), ...lockLines, ...budget], deadlineMs });
  if (ending.kind !== 'written') return { reason: whyNot(ending, deadlineMs) };
  // Only a whole dump takes the place of an earlier one.
  const unfinished = `${output}.tmp`;
  try {
    const dump = parseDump(ending.text);
    if (dump === undefined) {
      return { reason: 'the dumper wrote something that is not a dump of schema version 1' };
    }
    await writeFile(unfinished, ending.text);
    await rename(unfinished, output);
    return { dump };
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    const what = error instanceof SyntaxError ? 'read' : 'kept';
    return {
      reason: `the dump could not be ${what}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function whyNot(ending: Exclude<SnapshotEnding, { kind: 'written' }>, deadlineMs: number): string {
  switch (ending.kind) {
    case 'late':
    case 'aborted':
      return `the dumper was killed at its deadline of ${deadlineMs} ms`;
    case 'not-started':
      return `the dumper could not be started: ${ending.message}`;
    case 'failed':
      return `the dumper failed (${ending.signal ?? `exit code ${ending.exitCode}`})${
        ending.message === '' ? '' : `: ${ending.message}`
      }`;
  }
}
