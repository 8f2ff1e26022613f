import { spawn } from 'node:child_process';

export interface ShortResult {
  /** Exit code; absent when it was killed or never started. */
  code?: number;
  stdout: string;
  stderr: string;
  /** Why it never started, e.g. `ENOENT`. */
  failure?: string;
  timedOut: boolean;
}

export interface ShortOptions {
  input?: string;
  env?: NodeJS.ProcessEnv;
  deadlineMs: number;
  /** Kills it at once. */
  signal?: AbortSignal;
}

/** What is still in the pipes when the process exits is read within this, ms. */
const lastWordsMs = 100;

/**
 * Runs a command that ought to be quick and never takes longer than its deadline, whatever it does. The result stands
 * at the `exit` event: a grandchild that keeps the pipe open cannot hold us up. Never rejects.
 */
export function runShort(
  command: string,
  args: readonly string[],
  options: ShortOptions,
): Promise<ShortResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: options.env ?? process.env, stdio: 'pipe', detached: true });
    const result: ShortResult = { stdout: '', stderr: '', timedOut: false };
    const settle = (): void => {
      clearTimeout(deadline);
      options.signal?.removeEventListener('abort', kill);
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      resolve(result);
    };
    const kill = (): void => killGroup(child.pid);
    options.signal?.addEventListener('abort', kill, { once: true });
    if (options.signal?.aborted) kill();
    const deadline = setTimeout(() => {
      result.timedOut = true;
      killGroup(child.pid);
      settle();
    }, options.deadlineMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.stderr += text;
    });
    // A command that does not read its input closes the pipe: no reason to fail.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    child.once('error', (error) => {
      result.failure = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
      settle();
    });
    child.once('exit', (code) => {
      if (result.timedOut) return;
      if (code !== null) result.code = code;
      const timer = setTimeout(settle, lastWordsMs);
      child.once('close', () => {
        clearTimeout(timer);
        settle();
      });
    });
  });
}

/** It was started as leader of its own group, so that nothing it started outlives its deadline. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone already.
  }
}
