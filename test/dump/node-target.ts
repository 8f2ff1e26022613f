/** Node processes to look into. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { ProcessDump, ThreadDump } from '../../src/diagnosis/process-dump.js';
import { nativeTools } from '../../src/harness/native-tools.js';
import { everyMajor, fetchNode } from './fetched-nodes.js';

export interface TestedNode {
  path: string;
  version: string;
  major: number;
}

/** The running Node, and those that KVTOOL_TEST_NODES lists: paths and versions, separated by colons, or `all`. */
export const nodes: readonly TestedNode[] = [process.execPath, ...otherNodes()].map((path) => {
  const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
  return { path, version, major: Number.parseInt(version, 10) };
});

function otherNodes(): string[] {
  const listed = process.env.KVTOOL_TEST_NODES ?? '';
  const wanted = listed === 'all' ? everyMajor : listed.split(':').filter((each) => each !== '');
  return wanted.flatMap((each) => (each.includes('/') ? each : (fetchNode(each) ?? [])));
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/node/${name}`, import.meta.url));
}

/** What a fixture says just before it blocks: one line per thread. */
export interface Told {
  threadId: number;
  frames: string[];
  tiers?: Record<string, string>;
}

export interface NodeTarget {
  pid: number;
  /** The next `count` lines that it tells. */
  told(count: number): Promise<Told[]>;
}

/**
 * Starts a fixture; it is killed when the test is done. Its standard input is a pipe that nobody writes to. It runs in a
 * folder of its own, for with some flags V8 writes logs there.
 */
export function startNode(
  node: Pick<TestedNode, 'path'>,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): NodeTarget {
  const cwd = mkdtempSync(join(tmpdir(), 'kvtool-node-'));
  const child = spawn(node.path, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, ...env },
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await rm(cwd, { recursive: true, force: true });
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const told = async (count: number) => {
    const all: Told[] = [];
    while (all.length < count) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${args.join(' ')} ended before it told its stack: ${errors}`);
      // With some flags V8 prints other things as well.
      if (value.startsWith('{')) all.push(JSON.parse(value));
    }
    return all;
  };
  return { pid: child.pid ?? 0, told };
}

const run = promisify(execFile);

/** @param flags of kvtool-snapshot, e.g. `--no-stop` */
export async function dump(pid: number, flags: readonly string[] = []): Promise<ProcessDump> {
  const tool = process.env.KVTOOL_TEST_SNAPSHOT ?? nativeTools(['snapshot']).snapshot;
  const { stdout } = await run(tool, [String(pid), ...flags], { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** Dumps the process again and again until its threads stand where `there` says: it was about to block. */
export async function dumpWhen(
  pid: number,
  there: (dump: ProcessDump) => boolean,
  flags: readonly string[] = [],
): Promise<ProcessDump> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const taken = await dump(pid, flags);
    if (there(taken) || performance.now() > deadline) return taken;
  }
}

export function mainThread({ pid, threads }: ProcessDump): ThreadDump {
  const main = threads.find(({ tid }) => tid === pid);
  if (main === undefined) throw new Error(`no main thread in the dump of ${pid}`);
  return main;
}

/** Does some frame of the thread run a function of that name? */
export function runs({ frames }: ThreadDump, name: string | RegExp): boolean {
  return frames.some(({ function: own = '' }) => (typeof name === 'string' ? own === name : name.test(own)));
}
