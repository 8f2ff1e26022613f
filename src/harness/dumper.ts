/** One look into a live process by kvtool-snapshot: a child with a deadline, because a dumper can hang as well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { settlesWithin } from './settles.js';

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

/** A process in uninterruptible sleep outlives even SIGKILL: this long after it we stop waiting, ms. */
const killedMs = 500;

/** Dumps `pid`. Never throws, and never takes longer than the deadline and a moment. */
export async function takeDump(options: DumpOptions): Promise<DumpResult> {
  const { deadlineMs = 5000, output } = options;
  // Only a whole dump takes the place of an earlier one.
  const unfinished = `${output}.tmp`;
  const errors = `${output}.errors.tmp`;
  try {
    await rm(unfinished, { force: true });
    const reason = await runSnapshot({ ...options, output: unfinished }, errors, deadlineMs);
    if (reason !== undefined) return { reason };
    const result = parseDump(await readFile(unfinished, 'utf8'));
    if (result.dump !== undefined) await rename(unfinished, output);
    return result;
  } catch (error) {
    return {
      reason: `the dump could not be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    for (const file of [unfinished, errors]) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Why it failed; undefined when it did not. */
async function runSnapshot(
  options: DumpOptions,
  errors: string,
  deadlineMs: number,
): Promise<string | undefined> {
  const { snapshot, pid, flight, output } = options;
  const lockLines = flight === undefined ? [] : ['--flight', flight];
  // It had better stop by itself with half a dump than be killed with none.
  const budget = ['--budget-ms', String(Math.ceil(deadlineMs * 0.8))];
  const args = [String(pid), ...lockLines, ...budget, '--output', output];
  // A raw descriptor and the exit event: with a pipe, something that the dumper left behind could hold it open, and
  // its end would never come.
  const log = await open(errors, 'w');
  try {
    const run = spawn(snapshot, args, {
      stdio: ['ignore', 'ignore', log.fd],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    const ended = once(run, 'exit');
    if (!(await settlesWithin(ended, deadlineMs + killedMs))) {
      run.unref();
      return `the dumper could not even be killed after its deadline of ${deadlineMs} ms`;
    }
    if (run.killed) return `the dumper was killed at its deadline of ${deadlineMs} ms`;
    if (run.exitCode === 0) return undefined;
    const said = (await readFile(errors, 'utf8')).trim().split('\n').at(-1) ?? '';
    const how = run.signalCode ?? `exit code ${run.exitCode}`;
    return `the dumper failed (${how})${said === '' ? '' : `: ${said}`}`;
  } catch (error) {
    return `the dumper could not be started: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await log.close();
  }
}

function parseDump(text: string): DumpResult {
  const value: unknown = JSON.parse(text);
  if (isProcessDump(value)) return { dump: value };
  return { reason: 'the dumper wrote something that is not a dump of schema version 1' };
}

/** Checks the outline: enough to know that this is a dump and not something else. */
export function isProcessDump(value: unknown): value is ProcessDump {
  if (typeof value !== 'object' || value === null) return false;
  if (!('schemaVersion' in value) || value.schemaVersion !== 1) return false;
  if (!('pid' in value) || typeof value.pid !== 'number') return false;
  if (!('threads' in value) || !Array.isArray(value.threads)) return false;
  if (!('lockLines' in value) || !Array.isArray(value.lockLines)) return false;
  return 'lacks' in value && Array.isArray(value.lacks);
}
