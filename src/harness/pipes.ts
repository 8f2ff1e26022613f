/**
 * Which processes have the other end of a pipe that a thread is blocked in. Whoever has it may write (or read), and only
 * those may: /proc shows every open end. Only for several processes at a time, as every process has to be asked.
 */
import { readdir, readlink } from 'node:fs/promises';
import type { PipeEnd, ProcessDump, ThreadWait } from '../diagnosis/process-dump.js';
import { listProcesses, readInTime } from './proc.js';

/** Linux on x86-64: read and readv, write and writev. */
const endOfCall: ReadonlyMap<number, PipeEnd> = new Map([
  [0, 'read'],
  [19, 'read'],
  [1, 'write'],
  [20, 'write'],
]);
/** On a machine with thousands of processes nothing is said after this long, ms. */
const budgetMs = 2000;

interface PipeWait {
  wait: ThreadWait;
  /** `pipe:[INODE]`. */
  pipe: string;
  end: PipeEnd;
}

/** Completes the waits of `dumps`, live processes looked at together. Never throws. */
export async function readPipes(dumps: readonly ProcessDump[]): Promise<void> {
  const waits = (await Promise.all(dumps.map(pipeWaits))).flat();
  if (waits.length === 0) return;
  const ends = await openEnds(new Set(waits.map(({ pipe }) => pipe)));
  if (ends === undefined) return;
  for (const { wait, pipe, end } of waits) {
    const other = end === 'read' ? 'write' : 'read';
    wait.pipe = { id: pipe, end, others: ends.get(`${pipe} ${other}`) ?? [] };
  }
}

async function pipeWaits({ pid, threads }: ProcessDump): Promise<PipeWait[]> {
  const found: PipeWait[] = [];
  for (const { wait, syscall } of threads) {
    const end = syscall === undefined ? undefined : endOfCall.get(syscall.number);
    if (wait === undefined || end === undefined) continue;
    const pipe = await target(pid, String(Number(syscall?.args[0])));
    if (pipe?.startsWith('pipe:')) found.push({ wait, pipe, end });
  }
  return found;
}

/** Pids by pipe and end. Undefined when not every process could be asked: then an end may be missing. */
async function openEnds(pipes: ReadonlySet<string>): Promise<Map<string, number[]> | undefined> {
  const deadline = performance.now() + budgetMs;
  const ends = new Map<string, number[]>();
  for (const { pid, isKernelThread, state } of await listProcesses()) {
    if (isKernelThread || state === 'Z') continue;
    if (performance.now() > deadline) return undefined;
    const files = await readdir(`/proc/${pid}/fd`).catch((error: NodeJS.ErrnoException) => error.code);
    if (files === 'ENOENT' || files === 'ESRCH') continue; // it ended
    if (!Array.isArray(files)) return undefined;
    for (const end of new Set((await Promise.all(files.map((file) => endOf(pid, file, pipes)))).flat())) {
      ends.set(end, [...(ends.get(end) ?? []), pid]);
    }
  }
  return ends;
}

/** `pipe:[INODE] read`, one for each direction it is open in. */
async function endOf(pid: number, file: string, pipes: ReadonlySet<string>): Promise<string[]> {
  const pipe = await target(pid, file);
  if (pipe === undefined || !pipes.has(pipe)) return [];
  const flags = /^flags:\s*([0-7]+)/m.exec((await readInTime(`/proc/${pid}/fdinfo/${file}`)) ?? '')?.[1];
  const mode = Number.parseInt(flags ?? '', 8) & 3;
  if (Number.isNaN(mode)) return [];
  return mode === 2 ? [`${pipe} read`, `${pipe} write`] : [`${pipe} ${mode === 1 ? 'write' : 'read'}`];
}

function target(pid: number, file: string): Promise<string | undefined> {
  return readlink(`/proc/${pid}/fd/${file}`).catch(() => undefined);
}
