import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { listProcesses } from '../../src/harness/proc.js';
import { readSharedLocks } from '../../src/harness/shared-locks.js';
import { packageRoot } from '../../src/package-root.js';
import { dump as dumpProcesses } from '../../src/services/dump.js';
import { program } from './program.js';
import { dump, dumpUntil, startProgram, startTarget, statusLine } from './target.js';

const run = promisify(execFile);

test.each([
  ['0', /"0" is not a PID, expected a number from 1/],
  ['twelve', /"twelve" is not a PID/],
  ['1.5', /not a PID/],
  ['99999999999', /not a PID/],
  [String(process.pid), /is kvtool itself/],
])('%s is refused: exit 2', async (pid, message) => {
  const { report, exitCode } = await dump(pid);
  expect(report).toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  expect(exitCode).toBe(2);
});

test('without a PID, and with both a PID and a name: exit 2', async () => {
  expect((await dump()).report).toMatchObject({ message: expect.stringMatching(/no PID/), exitCode: 2 });
  expect((await dump('7', '--name', 'x')).report).toMatchObject({ exitCode: 2 });
  expect((await dump('--name', '(')).report).toMatchObject({
    message: expect.stringMatching(/no regular expression/),
    exitCode: 2,
  });
});

test('a process that is gone: exit 69; beside another one a warning', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  const gone = String(child.pid);
  const { report, exitCode } = await dump(gone);
  expect(report).toMatchObject({ message: `there is no process ${gone}: it has ended, or never was` });
  expect(exitCode).toBe(69);
  const { pid } = await startProgram('abba');
  const both = await dumpUntil(({ verdict }) => verdict.kind === 'deadlock', gone, String(pid));
  expect(both.report.warnings.join()).toContain(`no process ${gone}`);
  expect(both.exitCode).toBe(3);
});

test('a process that ends between two looks: what was seen counts', async () => {
  const { pid, tell } = await startTarget('sh', ['-c', 'echo ready; read line']);
  const look = (samples: number) => {
    const { signal } = new AbortController();
    const how = { freeze: false, noStop: false, lines: false, full: false, tree: false, deadlineMs: 10_000 };
    return dumpProcesses({ ...how, pids: [String(pid)], samples, intervalMs: 10, signal });
  };
  const looking = look(1000);
  // It begins later and looks more than once: by then the first one has looked as well.
  await look(3);
  tell('\n');
  const report = await looking;
  expect(report.dumps.length).toBeGreaterThan(0);
  expect(report.dumps.length).toBeLessThan(1000);
  expect(report.warnings.join()).toMatch(/ended|no process/);
  // 5 when the last look fell into the very end, in which a process has no stack any more.
  expect([0, 5]).toContain(report.exitCode);
});

test('a zombie has ended: nothing in it can hang, exit 5', async () => {
  const { facts } = await startTarget('python3', [
    '-c',
    "import os, time\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\nprint(pid, flush=True)\nprint('ready', flush=True)\nos.read(0, 1)",
  ]);
  const zombie = facts[0]?.[0] ?? '';
  expect(await statusLine(Number(zombie), 'State')).toMatch(/^Z/);
  const { report, exitCode } = await dump(zombie);
  expect(report.verdict.summary).toMatch(/has ended, and waits only for its parent/);
  expect(exitCode).toBe(5);
});

test('a process that is stopped waits for its SIGCONT, and stays stopped', async () => {
  const { pid } = await startTarget('sh', ['-c', 'echo ready; read line']);
  process.kill(pid, 'SIGSTOP');
  const { report } = await dumpUntil(({ verdict }) => /SIGCONT/.test(verdict.summary), String(pid));
  expect(report.verdict).toMatchObject({ kind: 'waiting-external' });
  expect(report.verdict.summary).toContain('SIGCONT');
  expect(await statusLine(pid, 'State')).toMatch(/^T/);
});

test('a thread stands for its process', async () => {
  const { pid, facts } = await startProgram('self-deadlock');
  const { report } = await dump(String(facts[0]?.[1]));
  expect(report.dumps[0]?.pid).toBe(pid);
  expect(report.warnings.join()).toMatch(/is a thread of process/);
});

test('by name: none, one, several, and a parent with its children', async () => {
  const none = await dump('--name', 'surely-nobody-is-called-so');
  expect(none.report).toMatchObject({ message: expect.stringMatching(/no process of this user matches/) });
  expect(none.exitCode).toBe(69);
  const path = await program('shared-abba');
  const { pid, facts } = await startTarget(path, [`only-${process.pid}`]);
  const several = await dump('--name', `only-${process.pid}$`);
  expect(several.report).toMatchObject({
    message: expect.stringMatching(/matches 2 processes, expected one/),
    suggestions: expect.arrayContaining([expect.stringContaining(`kvtool dump ${pid} `)]),
  });
  expect(several.exitCode).toBe(2);
  const child = Number(facts.find(([who]) => who === 'child')?.[1]);
  const tree = await dump('--name', `only-${process.pid}$`, '--tree');
  expect(tree.report.processes.map((each) => each.pid)).toEqual([pid, child]);
});

const hasGdb = spawnSync('gdb', ['--version']).status === 0;

test.runIf(hasGdb)('a core file: cycle and owners; not together with a PID', async () => {
  const { pid, facts } = await startProgram('abba');
  await dumpUntil(({ verdict }) => verdict.kind === 'deadlock', String(pid));
  const folder = await mkdtemp(join(tmpdir(), 'kvtool-core-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await run('gcore', ['-o', join(folder, 'core'), String(pid)]);
  const core = join(folder, `core.${pid}`);
  const { report, exitCode } = await dump('--core', core);
  expect(exitCode).toBe(3);
  expect(report.verdict.cycle.map(({ actor }) => actor.tid).sort()).toEqual(
    facts.map((fact) => Number(fact.at(-2))).sort(),
  );
  expect(report.processes[0]?.rungs).toEqual({ core: 3 });
  expect((await dump(String(pid), '--core', core)).exitCode).toBe(2);
  const { report: failure, exitCode: noCore } = await dump('--core', '/etc/passwd');
  expect(failure).toMatchObject({ message: expect.stringMatching(/expected a core file/) });
  expect(noCore).toBe(69);
});

test.runIf(hasGdb)('a process that another one traces: said, and not disturbed', async () => {
  const { pid } = await startProgram('abba');
  const tracer = spawn('gdb', ['-q', '-p', String(pid), '-ex', 'shell echo attached', '-ex', 'shell cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  onTestFinished(() => void tracer.kill('SIGKILL'));
  await new Promise<void>((resolve) => {
    tracer.stdout.on('data', (text: Buffer) => text.toString().includes('attached') && resolve());
  });
  const { report } = await dump(String(pid));
  expect(report.verdict.unknowns.join()).toMatch(new RegExp(`Process ${tracer.pid} \\(gdb\\) traces it`));
  expect(await statusLine(pid, 'TracerPid')).toBe(String(tracer.pid));
});

const isRoot = process.geteuid?.() === 0;

test.runIf(isRoot)(
  'another user without the right: state and the setting that is missing, exit 69',
  async ({ skip }) => {
    const { pid } = await startProgram('abba');
    const other = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const argv = [
      ...other,
      process.execPath,
      join(packageRoot, 'bin', 'run.js'),
      'dump',
      String(pid),
      '--json',
    ];
    const ran = await run('setpriv', argv, { cwd: '/', timeout: 20_000 }).catch(
      (error: { code?: number; stdout: string; stderr: string }) => error,
    );
    // A folder on the way here may be closed to that user.
    if (!ran.stdout.startsWith('{')) return skip();
    const { result } = JSON.parse(ran.stdout);
    expect('code' in ran ? ran.code : 0).toBe(69);
    expect(result.verdict).toMatchObject({ kind: 'unknown' });
    expect(result.verdict.unknowns.join()).toMatch(
      /It runs as user 0, this as user 65534: run this as that user or as root/,
    );
    expect(result.dumps[0].threads).toContainEqual(
      expect.objectContaining({ tid: pid, name: 'abba', state: 'S', stack: 'none' }),
    );
  },
);

test('an interrupt ends it: exit 130, no tool left, the target untouched', async () => {
  const { pid } = await startProgram('abba');
  const bin = join(packageRoot, 'bin', 'run.js');
  const child = spawn(
    process.execPath,
    [bin, 'dump', String(pid), '--samples', '1000', '--interval', '10ms'],
    {
      stdio: 'ignore',
    },
  );
  // Once it runs its tool it has taken SIGINT over. The tool lives for some milliseconds, again and again.
  const deadline = performance.now() + 15_000;
  while (!(await listProcesses()).some(({ parentPid }) => parentPid === child.pid)) {
    expect(performance.now()).toBeLessThan(deadline);
  }
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  const { stdout } = await run('ps', ['-e', '-o', 'args']);
  expect(stdout).not.toContain(`kvtool-snapshot ${pid} `);
  expect(await statusLine(pid, 'TracerPid')).toBe('0');
  expect(await statusLine(pid, 'State')).toMatch(/^S/);
});

test('memory that is gone is no reason to fail', async () => {
  const wait = { kind: 'mutex', address: '0x1000' } as const;
  const thread = { tid: 4_194_303, name: 'x', state: 'S', frames: [], stack: 'none', wait } as const;
  const taken = {
    schemaVersion: 1,
    pid: 4_194_303,
    takenAt: '',
    threads: [],
    lockLines: [],
    lacks: [],
  } as const;
  await expect(
    readSharedLocks({ ...taken, threads: [{ ...thread, frames: [] }], lockLines: [], lacks: [] }),
  ).resolves.toBeUndefined();
});

const kernelThread = (await listProcesses()).find((stat) => stat.isKernelThread);

test.runIf(kernelThread !== undefined)('a kernel thread has no stack to show: exit 5', async () => {
  const { report, exitCode } = await dump(String(kernelThread?.pid));
  expect(report.verdict.unknowns.join()).toMatch(/this is a kernel thread/);
  expect(exitCode).toBe(5);
});
