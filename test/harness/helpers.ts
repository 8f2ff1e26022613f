import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { createRunFolder, runFiles } from '../../src/harness/run-folder.js';
import type { HarnessOutcome, SuperviseOptions } from '../../src/harness/supervisor.js';
import { verdictOf } from './verdicts.js';

/** Absolute path of a fixture program. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/harness/${name}`, import.meta.url));
}

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kvtool-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits for a condition, at most `withinMs`; the only way in which these tests wait. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(10);
  }
}

/** Dead is dead, also when nobody has reaped it yet. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Waits until none of the processes lives. */
export async function untilDead(...pids: number[]): Promise<void> {
  for (const pid of pids) await until(`process ${pid} is gone`, async () => !(await isAlive(pid)));
}

/** The process ids that a fixture wrote to a file, once it has. */
export async function writtenPids(path: string): Promise<number[]> {
  const read = () => readFile(path, 'utf8').catch(() => '');
  await until(`${path} is written`, async () => (await read()).endsWith('\n'));
  return (await read()).trim().split(/\s+/).map(Number);
}

/** Options to supervise a fixture: limits short enough for a test, yet many times what a loaded machine delays. */
export async function options(
  name: string,
  args: readonly string[] = [],
): Promise<
  Pick<
    SuperviseOptions,
    'command' | 'args' | 'env' | 'runFolder' | 'diagnose' | 'inactivityMs' | 'deadlineMs'
  >
> {
  const runFolder = await createRunFolder({ root: await temporaryFolder(), scenario: 'test', seed: 1 });
  const isScript = name.endsWith('.js');
  return {
    command: isScript ? process.execPath : fixture(name),
    args: isScript ? [fixture(name), ...args] : args,
    env: { KVTOOL_FLIGHT_FILE: runFolder.file(runFiles.events) },
    runFolder,
    diagnose: () => verdictOf('idle'),
    inactivityMs: 1000,
    deadlineMs: 20_000,
  };
}

/** Nothing is left of a harness whose supervisor has returned. */
export async function expectGone({ pid }: HarnessOutcome): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  expect(await isAlive(pid ?? 0)).toBe(false);
}
