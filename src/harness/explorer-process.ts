/**
 * Runs kvtool-explore and hands on its lines as they come. It bounds its own memory and notices a program that never
 * comes to an operation; here stands only the last resort, a deadline.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { ExplorerLine, ProgressLine } from '../model/lines.js';
import { nativeTools } from './native-tools.js';

export interface ExplorerRun {
  args: readonly string[];
  /** After this long it is killed, ms. */
  deadlineMs: number;
  /** Kills it at once. */
  signal?: AbortSignal | undefined;
  onProgress?: ((line: ProgressLine) => void) | undefined;
}

export interface ExplorerEnding {
  /** All lines but those of progress. */
  lines: Exclude<ExplorerLine, ProgressLine>[];
  aborted: boolean;
}

/**
 * @throws Abort: exit 2 for what it refuses, 69 when it is not built, 75 when it was killed or ran out of memory,
 * 124 past the deadline. Any other failure of it is a bug.
 */
export async function runExplorer(run: ExplorerRun): Promise<ExplorerEnding> {
  const { explore } = nativeTools(['explore']);
  const lines: ExplorerEnding['lines'] = [];
  if (run.signal?.aborted) return { lines, aborted: true };
  const child = spawn(explore, run.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null; failure?: Error }>(
    (resolve) => {
      child.once('error', (failure) => resolve({ code: null, signal: null, failure }));
      child.once('close', (code, signal) => resolve({ code, signal }));
    },
  );
  let late = false;
  const kill = (): void => void child.kill('SIGKILL');
  const deadline = setTimeout(() => {
    late = true;
    kill();
  }, run.deadlineMs);
  run.signal?.addEventListener('abort', kill, { once: true });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096);
  });
  // By events, not by iteration: a process that cannot be started never ends its lines.
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text);
    if (line === undefined) return;
    if (line.kind === 'progress') run.onProgress?.(line);
    else lines.push(line);
  });
  const { code, signal, failure } = await ended;
  clearTimeout(deadline);
  run.signal?.removeEventListener('abort', kill);
  if (code === 0) return { lines, aborted: false };
  if (run.signal?.aborted) return { lines, aborted: true };
  throw whyItFailed({ code, signal, failure, late, errors, deadlineMs: run.deadlineMs });
}

/** A line that was cut off when it was killed is none. */
function parseLine(text: string): ExplorerLine | undefined {
  try {
    return JSON.parse(text) as ExplorerLine;
  } catch {
    return undefined;
  }
}

interface Failed {
  code: number | null;
  signal: NodeJS.Signals | null;
  failure: Error | undefined;
  late: boolean;
  errors: string;
  deadlineMs: number;
}

function whyItFailed({ code, signal, failure, late, errors, deadlineMs }: Failed): Error {
  const said = errors
    .trim()
    .replace(/^kvtool-explore: /, '')
    .trim();
  if (late) return new Abort(`the explorer did not end within ${deadlineMs} ms`, exitCodes.deadline);
  if (failure !== undefined)
    return new Abort(`the explorer could not be started: ${failure.message}`, exitCodes.unavailable);
  if (code === exitCodes.usage) return new Abort(said, exitCodes.usage);
  if (code === exitCodes.retry) return new Abort(said || 'the explorer ran out of memory', exitCodes.retry);
  if (signal === 'SIGKILL')
    return new Abort('the explorer was killed from outside', exitCodes.retry, [
      'look for an out-of-memory killer, then run it again',
    ]);
  const how = signal === null ? `exited ${code}` : `was ended by ${signal}`;
  return new Error(`kvtool-explore ${how}${said === '' ? '' : `: ${said}`}`);
}
