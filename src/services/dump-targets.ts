/** Which processes `kvtool dump` looks at: those of the command line, or one by its name, with their descendants. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import {
  listProcesses,
  type ProcessStat,
  readCommandLine,
  readProcessStat,
  readProcessStatus,
} from '../harness/proc.js';

export interface TargetRequest {
  /** As they were typed. */
  pids: readonly string[];
  /** A regular expression. */
  name?: string;
  /** All descendants as well. */
  tree: boolean;
}

export interface Targets {
  /** At least one; parents before their children. */
  processes: ProcessStat[];
  warnings: string[];
}

/** @throws Abort: exit 2 for what is no PID or no pattern, exit 69 when there is no such process */
export async function findTargets({ pids, name, tree }: TargetRequest): Promise<Targets> {
  if (pids.length > 0 && name !== undefined) {
    throw new Abort('found PIDs and --name, expected one of them', exitCodes.usage, [
      'leave one of them out',
    ]);
  }
  const warnings: string[] = [];
  const roots = name === undefined ? await processesOf(pids, warnings) : [await namedProcess(name, tree)];
  if (!tree) return { processes: roots, warnings };
  const everyone = await listProcesses();
  const found = new Map(roots.map((root) => [root.pid, root]));
  for (const { pid } of found.values()) {
    for (const child of everyone) {
      if (child.parentPid === pid && child.pid !== process.pid) found.set(child.pid, child);
    }
  }
  return { processes: [...found.values()], warnings };
}

async function processesOf(words: readonly string[], warnings: string[]): Promise<ProcessStat[]> {
  if (words.length === 0) {
    throw new Abort('found no PID, expected at least one, or --name', exitCodes.usage, [
      'find it with: pgrep -a NAME',
      'or let kvtool find it: kvtool dump --name PATTERN',
    ]);
  }
  const found = new Map<number, ProcessStat>();
  for (const word of words) {
    const id = parsePid(word);
    const stat = await processOf(id, warnings);
    if (stat === undefined && words.length === 1) throw noProcess(id);
    if (stat === undefined) warnings.push(`there is no process ${id}: it has ended, or never was`);
    else found.set(stat.pid, stat);
  }
  if (found.size === 0) throw noProcess(Number(words[0]));
  return [...found.values()];
}

/** `id` may be that of a thread. */
async function processOf(id: number, warnings: string[]): Promise<ProcessStat | undefined> {
  const pid = (await readProcessStatus(id))?.processId;
  if (pid === undefined) return undefined;
  if (pid === process.pid) {
    throw new Abort(`${id} is kvtool itself, expected another process`, exitCodes.usage, [
      'a tool that looks at itself sees only itself looking',
    ]);
  }
  if (pid !== id) warnings.push(`${id} is a thread of process ${pid}: that process is dumped`);
  return readProcessStat(pid);
}

/** Pids have 22 bits at most (PID_MAX_LIMIT of Linux). */
const largestPid = 4_194_304;

function parsePid(word: string): number {
  const pid = /^[0-9]{1,9}$/.test(word) ? Number(word) : 0;
  if (pid >= 1 && pid <= largestPid) return pid;
  throw new Abort(`"${word}" is not a PID, expected a number from 1 to ${largestPid}`, exitCodes.usage, [
    'find it with: pgrep -a NAME',
    ...(/^[A-Za-z]/.test(word) ? [`or by its name: kvtool dump --name ${word}`] : []),
  ]);
}

function noProcess(pid: number): Abort {
  return new Abort(`there is no process ${pid}: it has ended, or never was`, exitCodes.unavailable, [
    `check it with: ps -p ${pid}`,
  ]);
}

/** How many matches an error lists. */
const listed = 12;

async function namedProcess(name: string, tree: boolean): Promise<ProcessStat> {
  const matches = await matching(patternOf(name));
  // The workers of a server match as well; with the tree they come along.
  const pids = new Set(matches.map((match) => match.stat.pid));
  const tops = tree ? matches.filter((match) => !pids.has(match.stat.parentPid)) : matches;
  const [only] = tops;
  if (only === undefined) {
    throw new Abort(`no process of this user matches "${name}"`, exitCodes.unavailable, [
      'see what runs: ps -u $USER -o pid,args',
    ]);
  }
  if (tops.length === 1) return only.stat;
  const lines = tops.slice(0, listed).map(({ stat, command }) => `kvtool dump ${stat.pid}    ${command}`);
  throw new Abort(`"${name}" matches ${tops.length} processes, expected one; which?`, exitCodes.usage, [
    ...lines,
    ...(tops.length > listed ? [`and ${tops.length - listed} more`] : []),
    ...(tree ? [] : ['if one is the parent of the others: add --tree']),
  ]);
}

function patternOf(name: string): RegExp {
  try {
    return new RegExp(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Abort(`--name "${name}" is no regular expression: ${why}`, exitCodes.usage, [
      'put a backslash before ( ) [ ] { } * + ? . ^ $ | that are meant as they are',
    ]);
  }
}

interface Match {
  stat: ProcessStat;
  command: string;
}

/** Neither kvtool itself nor what started it: the pattern stands in their command lines too. */
async function matching(pattern: RegExp): Promise<Match[]> {
  const everyone = await listProcesses();
  const own = ownLine(everyone);
  const user = process.geteuid?.();
  const matches: Match[] = [];
  for (const stat of everyone) {
    if (own.has(stat.pid) || stat.isKernelThread || stat.state === 'Z') continue;
    const status = await readProcessStatus(stat.pid);
    if (status?.user !== user) continue;
    const command = (await readCommandLine(stat.pid)).join(' ');
    if (pattern.test(stat.comm) || pattern.test(command)) matches.push({ stat, command: short(command) });
  }
  return matches;
}

function ownLine(everyone: readonly ProcessStat[]): Set<number> {
  const parents = new Map(everyone.map((stat) => [stat.pid, stat.parentPid]));
  const line = new Set<number>();
  for (let pid: number | undefined = process.pid; pid !== undefined && pid > 0; pid = parents.get(pid)) {
    if (line.has(pid)) break;
    line.add(pid);
  }
  return line;
}

function short(command: string): string {
  return command.length > 60 ? `${command.slice(0, 57)}...` : command;
}
