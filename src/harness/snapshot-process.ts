/**
 * Runs kvtool-snapshot and hands on what it wrote. The document comes through a pipe, so that nothing is left on disk
 * however either of the two ends; the tool ends itself when nobody reads the pipe any more.
 */
import { spawn } from 'node:child_process';
import { given } from '../given.js';

export interface SnapshotRun {
  /** Path of kvtool-snapshot. */
  snapshot: string;
  args: readonly string[];
  /** After this long it is killed, ms. */
  deadlineMs: number;
  /** Kills it at once. */
  signal?: AbortSignal;
}

export type SnapshotEnding =
  | { kind: 'written'; text: string }
  /** `message` is its own last line, or empty; `signal` is what ended it, if one did. */
  | { kind: 'failed'; exitCode: number; message: string; signal?: NodeJS.Signals }
  | { kind: 'late' }
  | { kind: 'aborted' }
  | { kind: 'not-started'; message: string };

/** In uninterruptible sleep it outlives even SIGKILL: this long after it nobody waits any more, ms. */
const killedMs = 500;

/** Never rejects, and never takes longer than the deadline and a moment. */
export function runSnapshot({ snapshot, args, deadlineMs, signal }: SnapshotRun): Promise<SnapshotEnding> {
  if (signal?.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const child = spawn(snapshot, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const document: Buffer[] = [];
    let errors = '';
    let killed: 'late' | 'aborted' | undefined;
    let lastWait: NodeJS.Timeout | undefined;
    const settle = (ending: SnapshotEnding): void => {
      clearTimeout(deadline);
      clearTimeout(lastWait);
      signal?.removeEventListener('abort', onAbort);
      resolve(ending);
    };
    const kill = (why: 'late' | 'aborted'): void => {
      killed ??= why;
      child.kill('SIGKILL');
      lastWait ??= setTimeout(() => {
        child.unref();
        child.stdout.destroy();
        child.stderr.destroy();
        settle({ kind: why });
      }, killedMs);
    };
    const onAbort = (): void => kill('aborted');
    const deadline = setTimeout(() => kill('late'), deadlineMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => document.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4096);
    });
    child.once('error', (error) => settle({ kind: 'not-started', message: error.message }));
    child.once('close', (code, name) => {
      const signal = name ?? undefined;
      if (killed !== undefined) settle({ kind: killed });
      else if (code === 0) settle({ kind: 'written', text: Buffer.concat(document).toString('utf8') });
      else settle({ kind: 'failed', exitCode: code ?? 1, message: lastLine(errors), ...given({ signal }) });
    });
  });
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.replace(/^kvtool-snapshot: /, '');
}
