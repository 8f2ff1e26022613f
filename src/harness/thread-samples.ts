/**
 * What the threads of a process do, read from /proc/PID/task/TID/stat. Reading `stat` takes no lock of the target's
 * address space, unlike `maps` or `cmdline`: it works on a process that is stuck inside the kernel.
 */
import { readdir, readFile } from 'node:fs/promises';
import { monotonicNs, nsPerMs } from './clock.js';
import { splitStat } from './proc.js';

/** Of times in /proc: USER_HZ is 100 on every Linux that Node runs on. */
export const msPerTick = 10;

export interface ThreadStat {
  tid: number;
  name: string;
  /** R running, S sleeping, D uninterruptible, T stopped, t traced, Z zombie, X dead. */
  state: string;
  /** User plus system CPU time so far, ms; counted in steps of 10 ms. */
  cpuMs: number;
  /** By its own lock line it waits for something: then what it does meanwhile is to spin, as a GPU driver does. */
  waits?: boolean;
}

export interface ThreadSample {
  /** CLOCK_MONOTONIC. */
  atNs: number;
  /** Of the process, including threads that have ended, ms. */
  cpuMs: number;
  threads: ThreadStat[];
}

export interface SampleComparison {
  elapsedMs: number;
  /** CPU time the process used in between, ms, without that of threads which waited by their own account. */
  cpuMs: number;
  /** `cpuMs` over `elapsedMs`: 1 is one core. */
  cpuShare: number;
  /** The thread that used the most, when any used some. */
  busiest?: { tid: number; name: string; cpuMs: number };
  /** Threads that were on the run queue both times: they want a core even when they do not get one. */
  runnable: number[];
}

/** Parses one line of /proc/PID/stat; undefined when it is not one. */
export function parseStat(text: string): ThreadStat | undefined {
  const stat = splitStat(text);
  if (stat === undefined) return undefined;
  const { id: tid, name, fields } = stat;
  const [state] = fields;
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (state === undefined || !Number.isInteger(tid) || !Number.isInteger(ticks)) return undefined;
  return { tid, name, state, cpuMs: ticks * msPerTick };
}

/**
 * Samples every thread; undefined when the process is gone. Threads that end meanwhile are left out.
 *
 * @param waiting threads that wait for something by their own account
 */
export async function readThreadSample(
  pid: number,
  waiting: ReadonlySet<number> = new Set(),
): Promise<ThreadSample | undefined> {
  const atNs = monotonicNs();
  const process = await readStat(`/proc/${pid}/stat`);
  if (process === undefined) return undefined;
  const tids = await readdir(`/proc/${pid}/task`).catch(() => []);
  const threads: ThreadStat[] = [];
  for (const stat of await Promise.all(tids.map((tid) => readStat(`/proc/${pid}/task/${tid}/stat`)))) {
    if (stat !== undefined) threads.push(waiting.has(stat.tid) ? { ...stat, waits: true } : stat);
  }
  return { atNs, cpuMs: process.cpuMs, threads };
}

async function readStat(path: string): Promise<ThreadStat | undefined> {
  try {
    return parseStat(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What happened from `a` to the later `b`. */
export function compareSamples(a: ThreadSample, b: ThreadSample): SampleComparison {
  const elapsedMs = (b.atNs - a.atNs) / nsPerMs;
  let cpuMs = b.cpuMs - a.cpuMs;
  const before = new Map(a.threads.map((thread) => [thread.tid, thread]));
  let busiest: SampleComparison['busiest'];
  const runnable: number[] = [];
  for (const { tid, name, state, cpuMs: used, waits } of b.threads) {
    const earlier = before.get(tid);
    const threadMs = used - (earlier?.cpuMs ?? 0);
    if (waits && earlier?.waits) {
      cpuMs -= threadMs;
      continue;
    }
    if (threadMs > (busiest?.cpuMs ?? 0)) busiest = { tid, name, cpuMs: threadMs };
    if (state === 'R' && earlier?.state === 'R') runnable.push(tid);
  }
  cpuMs = Math.max(0, cpuMs);
  return {
    elapsedMs,
    cpuMs,
    cpuShare: elapsedMs > 0 ? cpuMs / elapsedMs : 0,
    ...(busiest === undefined ? {} : { busiest }),
    runnable,
  };
}
