/** One look at one process or core file: kvtool-snapshot's document, checked, with what /proc adds. */
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { addFacts } from '../harness/process-facts.js';
import { parseDump } from '../harness/read-dump.js';
import { runSnapshot, type SnapshotEnding } from '../harness/snapshot-process.js';

export interface LookOptions {
  /** Path of kvtool-snapshot. */
  snapshot: string;
  freeze: boolean;
  noStop: boolean;
  /** File and line of native frames. */
  lines: boolean;
  /** One look takes no longer, ms. */
  deadlineMs: number;
  signal: AbortSignal;
}

export interface CoreFiles {
  core: string;
  exe?: string;
  sysroot?: string;
}

/**
 * @throws Abort: exit 69 when there is no such process, 124 at the deadline, 130 or 143 when it was interrupted, 1 for a
 *   bug of the tool
 */
export async function lookAtProcess(pid: number, options: LookOptions): Promise<ProcessDump> {
  const flags = [...(options.freeze ? ['--freeze'] : []), ...(options.noStop ? ['--no-stop'] : [])];
  const dump = await look(`process ${pid}`, [String(pid), ...flags], options);
  await addFacts(dump);
  return dump;
}

/** @throws Abort like lookAtProcess; exit 69 for a core file that cannot be read */
export function lookAtCore({ core, exe, sysroot }: CoreFiles, options: LookOptions): Promise<ProcessDump> {
  const files = [
    ...(exe === undefined ? [] : ['--exe', exe]),
    ...(sysroot === undefined ? [] : ['--sysroot', sysroot]),
  ];
  return look(core, ['--core', core, ...files], options);
}

async function look(target: string, args: readonly string[], options: LookOptions): Promise<ProcessDump> {
  const { snapshot, deadlineMs, signal } = options;
  // It had better stop by itself with half a dump than be killed with none.
  const budget = ['--budget-ms', String(Math.max(1, Math.ceil(deadlineMs * 0.8)))];
  const lineFlag = options.lines ? ['--lines'] : [];
  const ending = await runSnapshot({ snapshot, args: [...args, ...lineFlag, ...budget], deadlineMs, signal });
  if (ending.kind !== 'written') throw failure(target, ending, options);
  const dump = parse(ending.text);
  if (dump !== undefined) return dump;
  throw new Abort(`kvtool-snapshot wrote no dump of ${target}`, exitCodes.bug, [
    'it may be of another version of kvtool: npm run build',
  ]);
}

function parse(text: string): ProcessDump | undefined {
  try {
    return parseDump(text);
  } catch {
    return undefined;
  }
}

function failure(
  target: string,
  ending: Exclude<SnapshotEnding, { kind: 'written' }>,
  { deadlineMs, signal }: LookOptions,
): Abort {
  switch (ending.kind) {
    case 'aborted': {
      const code = signal.reason === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
      return new Abort(`interrupted while it looked at ${target}; the process runs on untouched`, code);
    }
    case 'late':
      return new Abort(`no dump of ${target} within ${deadlineMs} ms`, exitCodes.deadline, [
        'give it more time: --deadline 60s',
      ]);
    case 'not-started':
      return new Abort(`kvtool-snapshot could not be started: ${ending.message}`, exitCodes.unavailable, [
        'build it again: npm run build',
      ]);
    case 'failed':
      return new Abort(ending.message || `kvtool-snapshot ended by ${ending.signal}`, ending.exitCode);
  }
}
