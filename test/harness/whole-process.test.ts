/** A supervisor as a process of its own, and what is left when something happens to it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { fixture, temporaryFolder, until, untilDead, writtenPids } from './helpers.js';

interface Supervisor {
  process: ChildProcess;
  runFolder: string;
  harness: number;
}

/** Starts a supervisor over a command and waits until its harness runs. */
async function supervise(command: string, args: readonly string[]): Promise<Supervisor> {
  const root = await temporaryFolder();
  const script = ['--import', 'tsx', fixture('supervises.ts'), root, command, ...args];
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const told: { runFolder?: string; pid?: number } = {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    Object.assign(told, JSON.parse(line));
  });
  await until('the harness runs', () => told.pid !== undefined || child.exitCode !== null, 20_000);
  return { process: child, runFolder: told.runFolder ?? '', harness: told.pid ?? 0 };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function readReport(runFolder: string): Promise<unknown> {
  return JSON.parse(await readFile(join(runFolder, 'report.json'), 'utf8'));
}

test('kill -9 of the supervisor leaves no process behind, and a valid report', async () => {
  // Given a supervised harness with a grandchild that has left its group and its session
  const pids = join(await temporaryFolder(), 'pids');
  const args = [pids, process.execPath, fixture('blocks-forever.js')];
  const supervisor = await supervise(fixture('leaves-a-grandchild.sh'), args);
  const [grandchild = 0] = await writtenPids(pids);

  // When the supervisor is killed
  supervisor.process.kill('SIGKILL');

  // Then everything it started goes, and its run folder says how far it came
  await untilDead(supervisor.harness, grandchild);
  expect(await readReport(supervisor.runFolder)).toMatchObject({ schemaVersion: 1, status: 'running' });
}, 60_000);

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s leaves a report that says so, and exits %i',
  async (signal, code) => {
    const supervisor = await supervise(process.execPath, [fixture('blocks-forever.js')]);

    supervisor.process.kill(signal);

    expect(await exitCode(supervisor.process)).toBe(code);
    expect(await readReport(supervisor.runFolder)).toMatchObject({ ending: 'interrupted' });
    await untilDead(supervisor.harness);
  },
  60_000,
);

test('a second signal exits at once, and the harness dies with it', async () => {
  const supervisor = await supervise(process.execPath, [fixture('blocks-forever.js')]);

  supervisor.process.kill('SIGINT');
  supervisor.process.kill('SIGTERM');

  expect([130, 143]).toContain(await exitCode(supervisor.process));
  await untilDead(supervisor.harness);
}, 60_000);
