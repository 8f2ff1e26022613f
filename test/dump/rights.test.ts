/** Who may look at whom, and numbers in other PID namespaces: with real users, capabilities and namespaces. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { listProcesses } from '../../src/harness/proc.js';
import { packageRoot } from '../../src/package-root.js';
import type { DumpReport } from '../../src/report/dump-report.js';
import { program } from './program.js';
import { dumpUntil, isDeadlock, startProgram, startTarget } from './target.js';

const run = promisify(execFile);
const isRoot = process.geteuid?.() === 0;
const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
const canUnshare = await run('unshare', ['-Urpf', 'true']).then(
  () => true,
  () => false,
);

/** `kvtool dump` with other rights than ours. Undefined where these cannot be had, or the way here is closed to them. */
async function dumpAs(
  rights: string[],
  pid: number,
): Promise<{ code: number; report: DumpReport } | undefined> {
  const argv = [
    ...rights,
    process.execPath,
    join(packageRoot, 'bin', 'run.js'),
    'dump',
    String(pid),
    '--json',
  ];
  const ran = await run('setpriv', argv, { cwd: '/', timeout: 20_000 }).catch(
    (error: { code?: number; stdout: string }) => error,
  );
  if (!ran.stdout.startsWith('{')) return undefined;
  const code = 'code' in ran ? (ran.code ?? 0) : 0;
  return { code, report: (JSON.parse(ran.stdout) as { result: DumpReport }).result };
}

test.runIf(isRoot)(
  'root without CAP_SYS_PTRACE, as in a container: the capability to add',
  async ({ skip }) => {
    const { pid } = await startProgram('abba');
    const looked = await dumpAs(['--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace'], pid);
    if (looked === undefined) return skip();
    expect(looked.code).toBe(69);
    expect(looked.report.verdict.unknowns.join()).toMatch(
      /This is root without CAP_SYS_PTRACE: in a container, add the capability \(docker run --cap-add SYS_PTRACE/,
    );
    expect(looked.report.dumps[0]?.refused).toBe(true);
  },
);

test.runIf(isRoot)('a process that changed its user: not even its new user may look', async ({ skip }) => {
  const changes = 'import os, time; os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)';
  const { pid } = await startTarget('python3', [
    '-c',
    `${changes}; print('ready', flush=True); time.sleep(300)`,
  ]);
  const looked = await dumpAs(nobody, pid);
  if (looked === undefined) return skip();
  expect(looked.code).toBe(69);
  expect(looked.report.verdict.unknowns.join()).toMatch(
    /The user is the same, so the target is not dumpable \(it changed its user or has extra capabilities\): run this as root/,
  );
});

test.runIf(canUnshare)('in PID namespaces within each other: owners by our numbers', async () => {
  const abba = await program('abba');
  // Each level gives its own numbers.
  const outer = await startTarget('unshare', ['-Urpf', 'unshare', '-pf', abba]);
  const { report, exitCode } = await dumpUntil(isDeadlock, String(outer.pid), '--tree');
  const inner = (await listProcesses()).find(({ comm, pid }) => {
    return comm === 'abba' && report.processes.some((process) => process.pid === pid);
  });
  expect(exitCode).toBe(3);
  const { cycle } = report.verdict;
  expect(cycle.map(({ actor }) => actor.pid)).toEqual([inner?.pid, inner?.pid]);
  expect(
    cycle.every(({ holdsEvidence, waitsEvidence }) => holdsEvidence === 'read' && waitsEvidence === 'read'),
  ).toBe(true);
  const said = outer.facts.map((words) => words.at(-2));
  // What it calls its threads are small numbers; ours are others.
  for (const { actor } of cycle) expect(said).not.toContain(String(actor.tid));
});

test.runIf(canUnshare).each(['shared-abba', 'waits-for-child'])(
  '%s in a PID namespace: the cycle through both processes',
  async (name) => {
    const outer = await startTarget('unshare', ['-Urpf', await program(name)]);
    const { report } = await dumpUntil(isDeadlock, String(outer.pid), '--tree');
    expect(report.verdict.kind).toBe('deadlock');
    const pids = new Set(report.verdict.cycle.map(({ actor }) => actor.pid));
    expect(pids.size).toBe(2);
    for (const pid of pids) expect(report.processes.map((process) => process.pid)).toContain(pid);
  },
);
