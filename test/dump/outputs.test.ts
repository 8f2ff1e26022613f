import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import Dump from '../../src/commands/dump.js';
import { explain } from '../../src/services/explain.js';
import { run } from '../commands/run.js';
import { problems } from '../contracts/schemas.js';
import { dump, dumpUntil, isDeadlock, startProgram, startTarget } from './target.js';

const exec = promisify(execFile);

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kvtool-dump-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test.each([
  ['shared-abba', '--tree'],
  ['abba', '--no-stop'],
  ['lost-wakeup', '--samples=2'],
  ['abba', '--freeze'],
])('%s %s: explain gives the verdict again, from the raw file and from the document', async (name, flag) => {
  const { pid } = await startProgram(name);
  const raw = join(await folder(), 'raw.json');
  const { report, stdout } = await dumpUntil(
    isDeadlock,
    String(pid),
    flag,
    '--interval',
    '50ms',
    '--raw',
    raw,
  );
  expect(report.verdict.kind).toBe('deadlock');
  const again = await explain({ files: [raw], stdin: process.stdin });
  expect(again.verdict).toEqual(report.verdict);
  expect(again.exitCode).toBe(3);
  expect(JSON.parse(stdout).result.dumps).toEqual(JSON.parse(await readFile(raw, 'utf8')).dumps);
  expect((await stat(raw)).mode & 0o077).toBe(0);
  expect(problems('dump-report', report)).toEqual([]);
});

test('secrets stay out of the document unless they are asked for', async () => {
  const secret = 'hunter2-secret';
  const script = `echo ready; read line # ${secret}`;
  const { pid } = await startTarget('env', [`API_KEY=${secret}`, 'sh', '-c', script]);
  const hidden = await dump(String(pid));
  expect(hidden.stdout).not.toContain(secret);
  expect(hidden.report.processes[0]?.commandLine).toEqual(['sh', '***', '***']);
  expect(hidden.report.processes[0]?.environment).toMatchObject({ API_KEY: '***' });
  const full = await dump(String(pid), '--full');
  expect(full.report.processes[0]?.commandLine).toEqual(['sh', '-c', script]);
  expect(full.report.processes[0]?.environment).toMatchObject({ API_KEY: secret });
});

test('the text: the verdict and the cycle first, then the folded threads, the locks, and how it was read', async () => {
  const { pid } = await startProgram('abba');
  await dumpUntil(isDeadlock, String(pid));
  const { stdout, exitCode } = await run(Dump, [String(pid), '--no-color']);
  expect(exitCode).toBe(3);
  const places = [
    /^verdict {2}deadlock \(abba-mutex\)/m,
    /holds mutex 0x/,
    /^where to cut/m,
    /^threads \(3, 3 different stacks\)/m,
    /not stopped, stack exact/,
    /^locks/m,
    /^what is missing/m,
    /^how it was read\n.*3 not stopped; no pause; stacks: 3 exact/m,
  ].map((pattern) => stdout.search(pattern));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('alike threads are one stack', async () => {
  const { pid } = await startProgram('many-threads', '32');
  const { stdout } = await run(Dump, [String(pid), '--no-color']);
  expect(stdout).toMatch(/^threads \(\d+, [1-9] different stacks?\)/m);
  expect(stdout).toMatch(/\d+ x .* and \d+ more/);
});

test('graph and Markdown', async () => {
  const { pid } = await startProgram('abba');
  await dumpUntil(isDeadlock, String(pid));
  const path = await folder();
  const svg = join(path, 'cycle.svg');
  expect((await run(Dump, [String(pid), '--graph', 'dot'])).stdout).toMatch(/^digraph/);
  await run(Dump, [String(pid), '--graph', 'svg', '--output', svg]);
  expect(await readFile(svg, 'utf8')).toContain('<svg');
  const { stdout } = await run(Dump, [String(pid), '--markdown']);
  expect(stdout).toMatch(/^### deadlock \(abba-mutex\)/);
  expect(stdout).toContain('pthread_mutex_lock');
  expect(await readdir(path)).toEqual(['cycle.svg']);
});

test('a raw file that cannot be written is refused before anything is looked at', async () => {
  const { report, exitCode } = await dump('1', '--raw', '/no/such/folder/raw.json');
  expect(report).toMatchObject({ message: expect.stringMatching(/cannot write \/no\/such/) });
  expect(exitCode).toBe(2);
});

test('a raw file that is a pipe stays one', async () => {
  const { pid } = await startProgram('self-deadlock');
  const pipe = join(await folder(), 'pipe');
  await exec('mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, 'utf8'), dump(String(pid), '--raw', pipe)]);
  expect(JSON.parse(read).dumps).toHaveLength(1);
  expect((await stat(pipe)).isFIFO()).toBe(true);
});
