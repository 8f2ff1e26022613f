/** GPU hangs over a CUDA driver of our own (test/fixtures/gpu): its locks and waits are those of the real one. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import Dump from '../../src/commands/dump.js';
import { packageRoot } from '../../src/package-root.js';
import type { DumpReport } from '../../src/report/dump-report.js';
import { run } from '../commands/run.js';
import { gpuLibraries, gpuProgram } from './program.js';
import { type Dumped, dump, dumpUntil, startTarget, type Target } from './target.js';

const folder = join(packageRoot, 'test', 'gpu');
let libraries = '';

beforeAll(async () => {
  libraries = await gpuLibraries();
}, 120_000);
beforeEach(() => {
  vi.stubEnv('LD_LIBRARY_PATH', libraries);
  return () => vi.unstubAllEnvs();
});

function start(scenario: string, ...args: string[]): Promise<Target> {
  return startTarget('python3', [join(folder, 'hang.py'), scenario, ...args]);
}

/** What test/gpu/check.js says of the report: the same as on a machine with a GPU. */
async function problems(scenario: string, { facts }: Target, { stdout }: Dumped): Promise<string> {
  const files = await mkdtemp(join(tmpdir(), 'kvtool-gpu-'));
  onTestFinished(() => rm(files, { recursive: true }));
  const [report, truth] = [join(files, 'report.json'), join(files, 'facts.txt')];
  await writeFile(report, stdout);
  await writeFile(truth, facts.map((words) => words.join(' ')).join('\n'));
  const check = promisify(execFile)(process.execPath, [join(folder, 'check.js'), scenario, report, truth]);
  return check.then(
    ({ stdout: said }) => said,
    (error: { stdout: string }) => error.stdout || String(error),
  );
}

const isCycle = ({ verdict }: DumpReport) => verdict.cycle.length > 0;

test.each(['three-party', 'first-launch', 'synchronize', 'free', 'launch'])(
  'the GIL against the driver: %s',
  async (scenario) => {
    const target = await start(scenario);
    const dumped = await dumpUntil(isCycle, String(target.pid));
    expect(await problems(scenario, target, dumped)).toBe('');
    expect(dumped.report.gpu?.threads).toContainEqual(
      expect.objectContaining({ role: 'host-function', library: 'the CUDA driver' }),
    );
    expect(dumped.report.next).toEqual([]);
  },
);

test('through the runtime library, which stands between', async () => {
  const target = await start('synchronize', '--runtime', join(libraries, 'libcudart.so.13'));
  const dumped = await dumpUntil(isCycle, String(target.pid));
  expect(await problems('synchronize', target, dumped)).toBe('');
  expect(dumped.report.gpu?.threads).toContainEqual(
    expect.objectContaining({ tid: target.pid, call: 'cuStreamSynchronize', spins: true }),
  );
});

test('a host function in native code that wants a mutex', async () => {
  const target = await startTarget(await gpuProgram());
  const dumped = await dumpUntil(isCycle, String(target.pid));
  expect(await problems('native-host-function', target, dumped)).toBe('');
});

test('a kernel that does not end: how busy the GPU is, and what to run next', async () => {
  const target = await start('kernel');
  vi.stubEnv('KVTOOL_TEST_NVML_PID', String(target.pid));
  const waits = ({ verdict }: DumpReport) => verdict.family === 'spin-wait';
  const dumped = await dumpUntil(waits, String(target.pid));
  expect(await problems('kernel', target, dumped)).toBe('');
  expect(dumped.report.gpu?.devices).toMatchObject([
    { name: 'Test GPU', busyPercent: 97, processes: [{ pid: target.pid, usedBytes: 2 ** 31 }] },
  ]);
  const { stdout } = await run(Dump, [String(target.pid)]);
  expect(stdout).toContain(`is in cuStreamSynchronize of the CUDA driver, and spins`);
  expect(stdout).toMatch(/GPU 0 \(Test GPU\): kernels ran for 97 % .*process \d+ has 2\.0 GiB/);
  expect(stdout).toContain(`cuda-gdb -p ${target.pid} -batch`);
  const { stdout: markdown } = await run(Dump, [String(target.pid), '--markdown']);
  expect(markdown).toContain('**Run next**');
});

test.each([
  ['bare', 'nothing more is told', { name: 'Test GPU', processes: [] }],
  ['none', 'NVML did not start (nvmlInit_v2 returned 9)', undefined],
])('NVML that knows little: %s', async (mode, said, device) => {
  const { pid } = await start('kernel');
  vi.stubEnv('KVTOOL_TEST_NVML', mode);
  const { report } = await dump(String(pid));
  expect(report.gpu?.devices).toEqual(device ? [expect.objectContaining(device)] : []);
  const { stdout } = await run(Dump, [String(pid)]);
  expect(stdout).toContain(said);
});

test('NVML that never answers: the dump is there all the same', async () => {
  const { pid } = await start('kernel');
  vi.stubEnv('KVTOOL_TEST_NVML', 'hangs');
  const { report } = await dump(String(pid));
  expect(report.gpu).toMatchObject({ devices: [], lack: expect.stringContaining('did not answer within') });
  expect(report.dumps[0]?.threads.length).toBeGreaterThan(1);
});

test('a process without a GPU: nobody asks the driver', async () => {
  vi.stubEnv('KVTOOL_TEST_NVML', 'hangs');
  const { pid } = await startTarget('python3', [
    '-c',
    'print("ready", flush=True); import time; time.sleep(300)',
  ]);
  const { report } = await dump(String(pid));
  expect(report.gpu).toBeUndefined();
});
