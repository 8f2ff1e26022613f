import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { packageRoot } from '../src/package-root.js';
import type { Benchmark, Figure } from './benchmark.js';

const seeds = 200;
const naiveSeconds = 20;

const atLeast = (value: number) => ({ target: { at: 'least', value } as const });
const atMost = (value: number) => ({ target: { at: 'most', value } as const });

const benchmark: Benchmark = {
  id: 'explorer',
  summary: 'The explorer on one core: executions a second, executions to a failure, proofs, false alarms',
  seconds: 120,
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'kvtool-bench-'));
    try {
      return [
        ...(await throughput(say)),
        ...(await steering(say)),
        ...(await naiveThreads(folder, say)),
        ...(await failures(say)),
        ...(await replays(say)),
        ...(await proofs(say)),
        ...(await gated(folder, say)),
        ...(await clean(say)),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure<Result>(what: string, number: number): Promise<Result> {
  const tool = join(packageRoot, 'build', 'Release', 'kvtool-explore-bench');
  const { stdout } = await execa(tool, [what, String(number)]);
  return (JSON.parse(stdout) as { result: Result }).result;
}

async function throughput(say: (line: string) => void): Promise<Figure[]> {
  say('executions a second of a random walk');
  const targets: Record<string, number> = {
    'gil-hostfunc fixed': 2.3,
    '4-thread lock inversion, fixed': 0.4,
  };
  const rates = await measure<
    { name: string; executionsPerSecond: number; stepsPerSecond: number; stepsPerExecution: number }[]
  >('throughput', 3);
  return rates.flatMap(({ name, executionsPerSecond, stepsPerSecond, stepsPerExecution }) => {
    const target = targets[name];
    const label = `random walk, ${name} (${stepsPerExecution.toFixed(0)} steps)`;
    return [
      {
        ...{ name: label, measured: executionsPerSecond / 1e6, unit: 'M executions/s' },
        ...(target === undefined ? {} : atLeast(target)),
      },
      { name: `${label}: steps`, measured: stepsPerSecond / 1e6, unit: 'M steps/s' },
    ];
  });
}

async function steering(say: (line: string) => void): Promise<Figure[]> {
  say(`executions until AB-BA fails, ${seeds} seeds`);
  const blindTargets: Record<string, number> = { '3': 10, '6': 40 };
  const results = await measure<
    { name: string; steeredMost: number; uniformMedian: number; randomMedian: number }[]
  >('steering', seeds);
  return results.flatMap(({ name, steeredMost, uniformMedian, randomMedian }) => [
    {
      ...{ name: `AB-BA, ${name}: steered, most of ${seeds}`, measured: steeredMost, unit: 'executions' },
      ...atMost(2),
    },
    {
      ...{ name: `AB-BA, ${name}: blind, uniform walk`, measured: uniformMedian, unit: 'executions' },
      ...atMost(blindTargets[name[0] ?? ''] ?? 40),
    },
    { name: `AB-BA, ${name}: blind, random walk`, measured: randomMedian, unit: 'executions' },
  ]);
}

/** What the same takes with plain threads in a loop. */
async function naiveThreads(folder: string, say: (line: string) => void): Promise<Figure[]> {
  const program = await compile('abba-loop', folder, ['-O2']);
  const figures: Figure[] = [];
  for (const [threads, steps] of [
    [3, 50],
    [6, 10],
  ]) {
    say(`plain threads in a loop, ${threads} threads, at most ${naiveSeconds} s`);
    const began = performance.now();
    const { stdout } = await execa(program, [`${threads}`, `${steps}`, `${naiveSeconds}`]);
    const seconds = (performance.now() - began) / 1000;
    const hung = stdout.trim() !== 'none';
    figures.push({
      name: `AB-BA, ${threads} threads, ${steps} steps before: plain threads, ${hung ? `round ${stdout.trim()} hung` : 'never hung'}`,
      measured: seconds,
      unit: 's',
    });
  }
  return figures;
}

async function failures(say: (line: string) => void): Promise<Figure[]> {
  say(`time to the first failure of every failing variant, ${seeds} seeds`);
  const all = await measure<{ name: string; found: number; medianMs: number }[]>('failures', seeds);
  const slowest = all.reduce((a, b) => (b.medianMs > a.medianMs ? b : a));
  return [
    { name: `failing variants`, measured: all.length, unit: 'variants' },
    {
      name: `of them found in ${seeds} of ${seeds} seeds`,
      measured: all.filter(({ found }) => found === seeds).length,
      unit: 'variants',
      ...atLeast(all.length),
    },
    {
      name: `slowest median time to the first failure (${slowest.name})`,
      measured: slowest.medianMs,
      unit: 'ms',
      ...atMost(1),
    },
  ];
}

async function replays(say: (line: string) => void): Promise<Figure[]> {
  say('10,000 replays');
  const { replays, reproduced } = await measure<{ replays: number; reproduced: number }>('replays', 10_000);
  return [
    { name: `replays that reproduce, of ${replays}`, measured: reproduced, unit: '', ...atLeast(replays) },
  ];
}

async function proofs(say: (line: string) => void): Promise<Figure[]> {
  say('proofs, from the start to the end');
  const targets = [0.1, 2, 100, 300];
  const all = await measure<{ name: string; medianMs: number; by: string }[]>('proofs', 11);
  return all.map(({ name, medianMs, by }, index) => ({
    ...{ name: `proof: ${name} (${by.replace(/, memory model.*/, '')})`, measured: medianMs, unit: 'ms' },
    ...atMost(targets[index] ?? Number.NaN),
  }));
}

/** AB-BA under a gate cannot deadlock. What do others say of it? */
async function gated(folder: string, say: (line: string) => void): Promise<Figure[]> {
  const runs = 9;
  say(`AB-BA under a gate, ${runs} runs with each detector`);
  const alarms = await measure<{ alarms: number; predicted: number; proved: number }>('gated', runs);
  const figures: Figure[] = [
    {
      name: `AB-BA under a gate: false alarms of kvtool, of ${runs} (predicted ${alarms.predicted} times, proved impossible ${alarms.proved})`,
      measured: alarms.alarms,
      unit: '',
      ...atMost(0),
    },
  ];
  const sanitized = await compile('gated-abba', folder, ['-g', '-O1', '-fsanitize=thread'], '-tsan');
  const plain = await compile('gated-abba', folder, ['-g', '-O1']);
  const count = async (words: RegExp, command: string, args: readonly string[]) => {
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const { all } = await execa(command, args, { reject: false, all: true });
      if (words.test(all ?? '')) found++;
    }
    return found;
  };
  figures.push({
    name: `the same with ThreadSanitizer`,
    measured: await count(/lock-order-inversion/, sanitized, []),
    unit: '',
  });
  // Only where it is installed.
  const version = await execa('valgrind', ['--version'], { reject: false });
  if (!version.failed)
    figures.push({
      name: 'the same with Helgrind',
      measured: await count(/lock order .* violated/, 'valgrind', ['--tool=helgrind', plain]),
      unit: '',
    });
  return figures;
}

async function clean(say: (line: string) => void): Promise<Figure[]> {
  const wanted = 10_000_000;
  say(`${wanted.toLocaleString('en')} random executions of the variants that are to be clean`);
  const { executions, variants, alarms } = await measure<{
    executions: number;
    variants: number;
    alarms: unknown[];
  }>('clean', wanted);
  return [
    {
      name: `false alarms in ${executions.toLocaleString('en')} executions of ${variants} fixed variants`,
      measured: alarms.length,
      unit: '',
      ...atMost(0),
    },
  ];
}

async function compile(name: string, folder: string, flags: string[], suffix = ''): Promise<string> {
  const output = join(folder, name + suffix);
  const source = join(packageRoot, 'bench', 'peers', `${name}.cc`);
  await execa('c++', ['-std=c++20', '-pthread', ...flags, source, '-o', output]);
  return output;
}

export default benchmark;
