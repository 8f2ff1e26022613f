import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { packageRoot } from '../src/package-root.js';
import { type Benchmark, type Figure, median } from './benchmark.js';

const repeats = 11;
const fixtures = join(packageRoot, 'test', 'fixtures');

const benchmark: Benchmark = {
  id: 'dump',
  summary:
    'What looking into a process costs: time to the full report, and for how long the target stands still',
  seconds: 60,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'kvtool-bench-'));
    try {
      const manyThreads = await compile('many-threads', folder);
      const meter = await compile('meter', folder);
      return [
        ...(await reports('C, 8 threads', 0.35, manyThreads, ['8'], say)),
        ...(await reports('C, 256 threads', 0.45, manyThreads, ['256'], say)),
        ...(await reports(
          'node, 264 threads',
          0.6,
          process.execPath,
          [join(fixtures, 'node', 'full-pool.cjs')],
          say,
        )),
        ...(await blackouts(meter, { threads: 256, kib: 0, atMostMs: 3 }, say)),
        ...(await blackouts(meter, { threads: 256, kib: 235, atMostMs: 12 }, say)),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function compile(name: string, folder: string): Promise<string> {
  const output = join(folder, name);
  const source = join(fixtures, 'programs', `${name}.cc`);
  await execa('c++', ['-std=c++20', '-O2', '-pthread', source, '-o', output]);
  return output;
}

interface Target {
  pid: number;
  lines: AsyncIterator<string>;
  child: ChildProcess;
}

async function withTarget<Result>(
  command: string,
  args: readonly string[],
  work: (target: Target) => Promise<Result>,
): Promise<Result> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    while ((await lines.next()).value !== 'ready')
      if (child.exitCode !== null) throw new Error(`${command} ended`);
    return await work({ pid: child.pid ?? 0, lines, child });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** From the start of the program to its end, the report printed. */
function reports(
  name: string,
  target: number,
  command: string,
  args: readonly string[],
  say: (line: string) => void,
): Promise<Figure[]> {
  say(`${repeats} x ${name}`);
  return withTarget(command, args, async ({ pid }) => {
    const run = join(packageRoot, 'bin', 'run.js');
    const ours = await times(process.execPath, [run, 'dump', String(pid)]);
    const snapshot = join(packageRoot, 'build', 'Release', 'kvtool-snapshot');
    const core = await times(snapshot, [String(pid)]);
    const figures: Figure[] = [
      { name: `${name}: full report`, measured: ours, unit: 's', target: { at: 'most', value: target } },
      { name: `${name}: of that in the snapshot tool`, measured: core, unit: 's' },
    ];
    const gdb = ['-p', String(pid), '-batch', '-nx', '-ex', 'thread apply all bt'];
    const gdbs = await times('gdb', gdb).catch(() => undefined);
    if (gdbs !== undefined)
      figures.push({ name: `${name}: gdb, native stacks alone`, measured: gdbs, unit: 's' });
    return figures;
  });
}

async function times(command: string, args: readonly string[]): Promise<number> {
  const measured: number[] = [];
  for (let time = 0; time < repeats; time++) {
    const began = performance.now();
    await execa(command, args, { reject: false, stdio: 'ignore' }).then(({ failed, exitCode }) => {
      if (failed && exitCode === undefined) throw new Error(`${command} could not be started`);
    });
    measured.push((performance.now() - began) / 1000);
  }
  return median(measured);
}

interface Crowd {
  threads: number;
  /** Depth of each stack. */
  kib: number;
  /** Target for --freeze. */
  atMostMs: number;
}

/** A thread of the target looks at the clock all the time and says the largest gap that it saw. */
function blackouts(
  meter: string,
  { threads, kib, atMostMs }: Crowd,
  say: (line: string) => void,
): Promise<Figure[]> {
  return withTarget(meter, [String(threads), String(kib)], async ({ pid, lines, child }) => {
    const gapDuring = async (work: () => Promise<unknown>): Promise<number> => {
      const gaps: number[] = [];
      for (let time = 0; time < repeats; time++) {
        child.stdin?.write('r');
        await lines.next();
        await work();
        child.stdin?.write('g');
        gaps.push(Number((await lines.next()).value) / 1000);
      }
      return median(gaps);
    };
    const tool = join(packageRoot, 'build', 'Release', 'kvtool-snapshot');
    const look =
      (...flags: string[]) =>
      () =>
        execa(tool, [String(pid), ...flags], { reject: false, stdio: 'ignore' });
    say(`blackout of a thread that reads the clock, among ${threads} blocked ones with ${kib} KiB of stack`);
    const floor = await gapDuring(() => new Promise((resolve) => setTimeout(resolve, 30)));
    const unstopped = await gapDuring(look('--no-stop'));
    const alone = await gapDuring(look());
    const frozen = await gapDuring(look('--freeze'));
    const depth = kib > 0 ? ` of ${kib} KiB` : '';
    const name = (way: string) => `${threads} threads${depth}, longest gap: ${way}`;
    return [
      { name: name('no tool (the floor)'), measured: floor, unit: 'ms' },
      { name: name('--no-stop'), measured: unstopped, unit: 'ms' },
      { name: name('default, in a thread that runs'), measured: alone, unit: 'ms' },
      { name: name('--freeze'), measured: frozen, unit: 'ms', target: { at: 'most', value: atMostMs } },
    ];
  });
}

export default benchmark;
