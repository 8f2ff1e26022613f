/** `kvtool bench`: runs benchmarks of bench/ and returns their figures. */
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Benchmark, type Figure, isMet } from '../../bench/benchmark.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { packageRoot } from '../package-root.js';
import { suggestName } from '../suggest.js';

export interface BenchReport {
  benchmarks: { id: string; summary: string; figures: (Figure & { met?: boolean })[] }[];
}

export async function loadBenchmarks(): Promise<Benchmark[]> {
  const folder = `${packageRoot}/dist/bench`;
  const benchmarks: Benchmark[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.js')) continue;
    const { default: benchmark } = (await import(pathToFileURL(`${folder}/${file}`).href)) as {
      default?: Benchmark;
    };
    if (benchmark !== undefined) benchmarks.push(benchmark);
  }
  return benchmarks;
}

/** @throws Abort (exit 2) for an unknown id */
export async function runBenchmarks(
  ids: readonly string[],
  say: (line: string) => void,
): Promise<BenchReport> {
  const known = await loadBenchmarks();
  const report: BenchReport = { benchmarks: [] };
  for (const benchmark of ids.length === 0 ? known : ids.map((id) => find(id, known))) {
    say(`${benchmark.id}: about ${benchmark.seconds} s`);
    const figures = await benchmark.run((line) => say(`${benchmark.id}: ${line}`));
    const judged = figures.map((figure) => {
      const met = isMet(figure);
      return met === undefined ? figure : { ...figure, met };
    });
    report.benchmarks.push({ id: benchmark.id, summary: benchmark.summary, figures: judged });
  }
  return report;
}

function find(id: string, known: readonly Benchmark[]): Benchmark {
  const found = known.find((benchmark) => benchmark.id === id);
  if (found !== undefined) return found;
  const ids = known.map((benchmark) => benchmark.id);
  throw new Abort(`there is no benchmark "${id}"`, exitCodes.usage, suggestName(id, ids));
}
