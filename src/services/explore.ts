/** `kvtool explore`: every variant of scenarios in the model, each in a process of its own. */
import { verdictOfTrace } from '../diagnosis/model-state.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { runExplorer } from '../harness/explorer-process.js';
import {
  type ModelOptions,
  modelScenarios,
  optionArguments,
  pickModelScenario,
  pickModelVariant,
} from '../model/catalogue.js';
import { judgeVariant } from '../model/judge.js';
import type { ModelScenario, VariantLine } from '../model/lines.js';
import type { ExploreReport, VariantReport } from '../report/explore-report.js';
import type { ExploreProgress } from '../report/progress-events.js';
import { strongest } from './exit-of.js';

export interface ExploreRequest extends ModelOptions {
  /** Ids; empty only with `all`. */
  scenarios: readonly string[];
  all: boolean;
  /** Names; empty: every variant. */
  variants: readonly string[];
  seed: number;
  /** For each variant. */
  seconds: number;
  /** Executions of the exhaustive search. */
  executions?: number;
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode?: () => number | undefined;
  onProgress?: (event: ExploreProgress) => void;
}

/** Beyond its own limit of time, for the pilot, minimising, symbols and a loaded machine, ms. */
const graceMs = 60_000;

interface Job {
  scenario: ModelScenario;
  variant: string;
}

/** @throws Abort (exit 2) for names, parameters and limits that do not exist; see also `runExplorer` */
export async function explore(request: ExploreRequest): Promise<ExploreReport> {
  const jobs = jobsOf(await modelScenarios(), request);
  const variants: VariantReport[] = [];
  for (const [index, job] of jobs.entries()) {
    if (request.signal.aborted) break;
    const { scenario, variant } = job;
    request.onProgress?.({
      ...{ kind: 'started', scenario: scenario.id, variant, number: index + 1, of: jobs.length },
    });
    const line = await exploreOne(job, request);
    if (line !== undefined) variants.push(reportOf(line));
  }
  const notRun = jobs.length - variants.length;
  const interrupt = request.interruptCode?.();
  const codes = variants.map(({ judgement }) => judgement.exitCode);
  if (notRun > 0) codes.push(interrupt ?? exitCodes.sigint);
  return {
    ...{ schemaVersion: 1, command: 'explore', seed: request.seed, variants, notRun },
    ...given({ model: request.model }),
    exitCode: strongest(codes),
    warnings: warningsOf(variants),
  };
}

function jobsOf(all: readonly ModelScenario[], request: ExploreRequest): Job[] {
  const ids = [...new Set(request.scenarios)];
  if (ids.length === 0 && !request.all) {
    throw new Abort('found no scenario, expected some or --all', exitCodes.usage, [
      `there are: ${all.map((scenario) => scenario.id).join(', ')}`,
    ]);
  }
  if (ids.length > 0 && request.all)
    throw new Abort('found scenarios and --all, expected one of them', exitCodes.usage);
  const chosen = request.all ? all : ids.map((id) => pickModelScenario(all, id));
  return chosen.flatMap((scenario) => {
    const names = request.variants.map((name) => pickModelVariant(scenario, name).name);
    const variants = names.length > 0 ? names : scenario.variants.map((variant) => variant.name);
    return variants.map((variant) => ({ scenario, variant }));
  });
}

async function exploreOne(
  { scenario, variant }: Job,
  request: ExploreRequest,
): Promise<VariantLine | undefined> {
  const { seed, seconds, executions, signal } = request;
  const args = [
    ...['explore', scenario.id, '--variant', variant, '--seed', String(seed), '--seconds', String(seconds)],
    ...(executions === undefined ? [] : ['--exhaustive', String(executions)]),
    ...optionArguments(request),
  ];
  const { lines } = await runExplorer({
    ...{ args, signal, deadlineMs: seconds * 1000 + graceMs },
    onProgress: (line) => request.onProgress?.({ kind: 'running', line }),
  });
  return lines.find((line): line is VariantLine => line.kind === 'result');
}

function reportOf({ kind: _, ...line }: VariantLine): VariantReport {
  const verdict = line.failure && verdictOfTrace(line.failure.trace);
  const replay = line.failure && replayCommand(line.failure.schedule);
  return { ...line, judgement: judgeVariant({ kind: 'result', ...line }), ...given({ verdict, replay }) };
}

/** In single quotes: the line has letters that a shell reads. */
export function replayCommand(schedule: string): string {
  return `kvtool replay '${schedule}'`;
}

function warningsOf(variants: readonly VariantReport[]): string[] {
  const strays = variants.filter(({ failure }) => failure !== undefined && !failure.trace.followed);
  return strays.map(
    ({ scenario, variant }) =>
      `the replay of ${scenario} ${variant} did not follow its schedule: please report this as a bug`,
  );
}
