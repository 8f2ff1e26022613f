/** Processes in a known state, and `kvtool dump` on them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import Dump from '../../src/commands/dump.js';
import { packageRoot } from '../../src/package-root.js';
import type { DumpReport } from '../../src/report/dump-report.js';
import { type Ran, run } from '../commands/run.js';
import { program } from './program.js';

export interface Target {
  pid: number;
  /** What it said before `ready`: the words of each line. */
  facts: string[][];
  /** Writes to its standard input. */
  tell(text: string): void;
}

/** Starts it and waits for its `ready`; it and its process group are killed when the test is done. */
export async function startTarget(command: string, args: readonly string[] = []): Promise<Target> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // ESRCH: it is gone already.
    }
    await ended;
  });
  const facts: string[][] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') break;
    facts.push(line.split(' '));
  }
  return { pid: child.pid ?? 0, facts, tell: (text) => child.stdin.write(text) };
}

export async function startProgram(name: string, ...args: string[]): Promise<Target> {
  return startTarget(await program(name), args);
}

export function startPython(name: string): Promise<Target> {
  return startTarget('python3', [join(packageRoot, 'test', 'fixtures', 'python', name)]);
}

export interface Dumped extends Ran {
  report: DumpReport;
}

/** `kvtool dump ARGV... --json`; its result may also be a failure. */
export async function dump(...argv: string[]): Promise<Dumped> {
  const ran = await run(Dump, [...argv, '--json']);
  return { ...ran, report: JSON.parse(ran.stdout).result };
}

/** Again and again until `there`: the target said `ready` a few instructions before it blocks. */
export async function dumpUntil(there: (report: DumpReport) => boolean, ...argv: string[]): Promise<Dumped> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const dumped = await dump(...argv);
    if (there(dumped.report) || performance.now() > deadline) return dumped;
  }
}

export function isDeadlock({ verdict }: DumpReport): boolean {
  return verdict?.kind === 'deadlock';
}

/** A line of /proc/PID/status, e.g. `State` or `TracerPid`. */
export async function statusLine(pid: number, name: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
}
