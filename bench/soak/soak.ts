/**
 * Looks at a program again and again while it works, and compares what the program says with what it says undisturbed.
 * The programs (steady-work of test/fixtures) check themselves and print the digest of each round of work.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

export interface Soak {
  command: string;
  args: readonly string[];
  /** How often it is looked at. */
  dumps: number;
  /** Path of kvtool-snapshot. */
  snapshot: string;
  /** Of kvtool-snapshot, e.g. `--freeze`. */
  flags?: readonly string[];
}

export interface SoakResult {
  dumps: number;
  /** Dumps that failed, or had no thread in them. */
  failed: number;
  rounds: number;
  /** Rounds with another result than undisturbed, and rounds that never came to their end. */
  differences: number;
  /** 1 when the program ended in any other way than asked to. */
  crashes: number;
  /** Threads that were stopped, of all dumps. */
  stops: number;
  /** Longest time that a thread was stopped, microseconds. */
  longestPauseUs: number;
  seconds: number;
}

/** Undisturbed rounds that tell what the result is. */
const referenceRounds = 3;
/** A round takes less than a second; on a machine with more to do than cores, not much more. */
const roundMs = 120_000;

export async function soak({ command, args, dumps, snapshot, flags = [] }: Soak): Promise<SoakResult> {
  const truth = await withWorker(command, args, async (worker) => {
    await worker.rounds(referenceRounds);
  });
  const [expected] = truth.digests;
  const isSteady = truth.ended && truth.digests.every((digest) => digest === expected);
  if (!isSteady) throw new Error(`${command} ${args.join(' ')} is not steady even when nobody looks`);
  const began = performance.now();
  let [failed, stops, longestPauseUs] = [0, 0, 0];
  const seen = await withWorker(command, args, async (worker) => {
    for (let taken = 0; taken < dumps && worker.isAlive(); taken++) {
      const { stdout, exitCode } = await execa(snapshot, [String(worker.pid), ...flags], { reject: false });
      const threads = exitCode === 0 ? threadsIn(stdout) : [];
      if (threads.length === 0) failed++;
      for (const { pausedUs = 0 } of threads) {
        if (pausedUs > 0) stops++;
        longestPauseUs = Math.max(longestPauseUs, pausedUs);
      }
    }
    // And goes on after the last one.
    await worker.rounds(worker.count() + referenceRounds);
  });
  const different = seen.digests.filter((digest) => digest !== expected).length;
  return {
    ...{ dumps, failed, rounds: seen.digests.length, stops, longestPauseUs },
    differences: different + (seen.isStuck ? 1 : 0),
    crashes: seen.ended ? 0 : 1,
    seconds: (performance.now() - began) / 1000,
  };
}

function threadsIn(document: string): { pausedUs?: number }[] {
  return (JSON.parse(document) as { threads: { pausedUs?: number }[] }).threads;
}

interface Worker {
  pid: number;
  isAlive(): boolean;
  count(): number;
  /** Waits until so many rounds are done; gives up when one takes too long. */
  rounds(wanted: number): Promise<void>;
}

interface Seen {
  digests: string[];
  isStuck: boolean;
  /** It said so, and its exit code was 0. */
  ended: boolean;
}

async function withWorker(
  command: string,
  args: readonly string[],
  work: (worker: Worker) => Promise<void>,
): Promise<Seen> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const seen: Seen = { digests: [], isStuck: false, ended: false };
  let saidEnded = false;
  let wake = (): void => undefined;
  let isReady = false;
  createInterface(child.stdout).on('line', (line) => {
    const [word, digest = ''] = line.split(' ');
    if (word === 'round') seen.digests.push(digest);
    if (word === 'ready') isReady = true;
    if (word === 'ended') saidEnded = true;
    wake();
  });
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const until = async (there: () => boolean): Promise<boolean> => {
    while (!there() && isAlive()) {
      const line = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const late = new Promise<'late'>((resolve) => setTimeout(resolve, roundMs, 'late').unref());
      if ((await Promise.race([line, late, exited])) === 'late') return false;
    }
    return there();
  };
  try {
    await until(() => isReady);
    await work({
      pid: child.pid ?? 0,
      isAlive,
      count: () => seen.digests.length,
      rounds: async (wanted) => {
        if (!(await until(() => seen.digests.length >= wanted)) && isAlive()) seen.isStuck = true;
      },
    });
    child.stdin.end();
    const isLate = !(await until(() => !isAlive()));
    if (isLate && isAlive()) seen.isStuck = true;
    seen.ended = saidEnded && child.exitCode === 0;
    return seen;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}
