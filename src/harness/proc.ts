/**
 * What /proc tells about processes. `stat` and `status` take no lock of the target's address space, so they answer for
 * a process that is stuck inside the kernel; `cmdline`, `environ` and `maps` may not, and are read with a time limit.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { settlesWithin } from './settles.js';

export interface ProcessStat {
  pid: number;
  /** The first 15 bytes of its name. */
  comm: string;
  /** R running, S sleeping, D uninterruptible, T stopped, t traced, Z zombie, X dead. */
  state: string;
  parentPid: number;
  /** Ticks since boot: with the pid it tells a process from a later one with the same number. */
  startTime: string;
  isKernelThread: boolean;
  /** Address of its first stack; '0' without the right to know. After a fork without exec it is the parent's. */
  startStack: string;
}

export interface ProcessStatus {
  /** The process that a thread belongs to: its pid. */
  processId: number;
  /** Effective user. */
  user: number;
  /** 0 for none. */
  tracerPid: number;
  /** Its ids, from our PID namespace to its own innermost one. */
  namespaceIds: number[];
}

const kernelThreadFlag = 0x0020_0000;
/** A read that needs the lock of a stuck address space may never return. */
const readMs = 1000;

/** Undefined when there is no such process. */
export async function readProcessStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readOrNothing(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseProcessStat(text);
}

/** The parts of a `stat` line of a process or thread; the first field is its state. Undefined when it is not one. */
export function splitStat(text: string): { id: number; name: string; fields: string[] } | undefined {
  // The name may hold spaces and parentheses, so it ends at the last parenthesis and not at the first.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return undefined;
  const fields = text
    .slice(close + 1)
    .trim()
    .split(' ');
  return { id: Number(text.slice(0, open)), name: text.slice(open + 1, close), fields };
}

export function parseProcessStat(text: string): ProcessStat | undefined {
  const stat = splitStat(text);
  if (stat === undefined) return undefined;
  const { id: pid, name: comm, fields } = stat;
  const [state, parent] = fields;
  if (state === undefined || parent === undefined) return undefined;
  return {
    pid,
    comm,
    state,
    parentPid: Number(parent),
    startTime: fields[19] ?? '',
    isKernelThread: (Number(fields[6]) & kernelThreadFlag) !== 0,
    startStack: fields[25] ?? '0',
  };
}

/** Of a process or of one of its threads; undefined when there is none. */
export async function readProcessStatus(id: number | string): Promise<ProcessStatus | undefined> {
  const text = await readOrNothing(`/proc/${id}/status`);
  if (text === undefined) return undefined;
  const numbers = (name: string): number[] => {
    const line = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
    return line.trim().split(/\s+/).map(Number);
  };
  return {
    processId: numbers('Tgid')[0] ?? 0,
    user: numbers('Uid')[1] ?? 0,
    tracerPid: numbers('TracerPid')[0] ?? 0,
    namespaceIds: numbers('NSpid'),
  };
}

/** Every process that there is just now. */
export async function listProcesses(): Promise<ProcessStat[]> {
  const names = await readdir('/proc');
  const pids = names.filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readProcessStat(Number(pid))));
  return stats.filter((stat) => stat !== undefined);
}

/**
 * Our number of the thread that calls itself `id` in the innermost PID namespace of process `pid`. Undefined when there is
 * none, or when the namespaces may not be seen.
 */
export async function threadInNamespaceOf(pid: number, id: number): Promise<number | undefined> {
  const namespaceOf = (each: number) => readlink(`/proc/${each}/ns/pid`).catch(() => undefined);
  const wanted = await namespaceOf(pid);
  if (wanted === undefined) return undefined;
  for (const process of await listProcesses()) {
    if ((await namespaceOf(process.pid)) !== wanted) continue;
    const tasks = await readdir(`/proc/${process.pid}/task`).catch(() => []);
    for (const tid of tasks) {
      if ((await readProcessStatus(`${process.pid}/task/${tid}`))?.namespaceIds.at(-1) === id)
        return Number(tid);
    }
  }
  return undefined;
}

/** Arguments of a process, the program first; empty for a kernel thread, and where they cannot be read. */
export async function readCommandLine(pid: number): Promise<string[]> {
  const text = await readInTime(`/proc/${pid}/cmdline`);
  const words = (text ?? '').split('\0');
  if (words.at(-1) === '') words.pop();
  return words;
}

/** Undefined without the right to read it. */
export async function readEnvironment(pid: number): Promise<Record<string, string> | undefined> {
  const text = await readInTime(`/proc/${pid}/environ`);
  if (text === undefined) return undefined;
  const entries = text
    .split('\0')
    .filter((entry) => entry.includes('='))
    .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] as const);
  return Object.fromEntries(entries);
}

/** Kernel function that a thread sleeps in; undefined where it does not sleep, and without the right to know. */
export async function readWaitChannel(pid: number, tid: number): Promise<string | undefined> {
  const text = await readOrNothing(`/proc/${pid}/task/${tid}/wchan`);
  return text === undefined || text === '' || text === '0' ? undefined : text;
}

/** Contents of a file of /proc that may block; undefined when it cannot be read within a second. */
export async function readInTime(path: string): Promise<string | undefined> {
  const reading = readOrNothing(path);
  return (await settlesWithin(reading, readMs)) ? reading : undefined;
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
