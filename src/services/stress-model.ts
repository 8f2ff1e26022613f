/** `kvtool stress --on model`: very many random executions of one variant, or this machine's share of them. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { runExplorer } from '../harness/explorer-process.js';
import {
  type ModelOptions,
  modelScenarios,
  optionArguments,
  pickModelScenario,
  pickModelVariant,
} from '../model/catalogue.js';
import { exitOfOutcome, isExpected, type ModelJudgement, sayOutcome } from '../model/judge.js';
import type { Expected, ModelFinding, ProgressLine, RandomLine } from '../model/lines.js';
import type { ShardReport } from '../report/shard-report.js';
import { strongest } from './exit-of.js';
import { replayCommand } from './explore.js';
import { randomSeed } from './seeds.js';
import { type Shard, shardRange } from './shards.js';

export interface StressModelRequest extends ModelOptions {
  scenario: string;
  variant: string;
  /** Of all shards together. */
  executions?: number;
  /** Instead of or beside them, ms. */
  durationMs?: number;
  shard: Shard;
  seed?: number;
  signal: AbortSignal;
  interruptCode?: () => number | undefined;
  onProgress?: (line: ProgressLine) => void;
}

const defaultExecutions = 1_000_000;
/** When only executions were asked for: a week, s. */
const longestSeconds = 604_800;
const graceMs = 60_000;

/** @throws Abort (exit 2) for names and values that do not exist; 130 or 143 when interrupted; see `runExplorer` */
export async function stressModel(request: StressModelRequest): Promise<ShardReport> {
  const { shard, signal, durationMs } = request;
  if (shard.of > 1 && request.seed === undefined) {
    throw new Abort(
      'found --shard without --seed: every shard would draw another root seed',
      exitCodes.usage,
      ['give all shards the same --seed'],
    );
  }
  const scenario = pickModelScenario(await modelScenarios(), request.scenario);
  const variant = pickModelVariant(scenario, request.variant).name;
  const seed = request.seed ?? randomSeed();
  const wanted = request.executions ?? (durationMs === undefined ? defaultExecutions : undefined);
  const range = shardRange(shard, wanted);
  if (wanted !== undefined && wanted < shard.of) {
    throw new Abort(
      `found ${wanted} executions for ${shard.of} shards, expected one for each at least`,
      exitCodes.usage,
    );
  }
  const seconds = durationMs === undefined ? longestSeconds : Math.max(durationMs / 1000, 0.001);
  const args = [
    ...['random', scenario.id, '--variant', variant, '--seed', String(seed), '--seconds', String(seconds)],
    ...['--first', String(range.first), '--executions', String(range.executions)],
    ...optionArguments(request),
  ];
  const deadlineMs = Math.min(seconds * 1000 + graceMs, 2 ** 31 - 1);
  const { lines } = await runExplorer({ args, deadlineMs, signal, onProgress: request.onProgress });
  const line = lines.find((each): each is RandomLine => each.kind === 'result');
  if (line === undefined) throw new Abort('interrupted', request.interruptCode?.() ?? exitCodes.sigint);
  return reportOf(line, shard, range.executions, request);
}

function reportOf(
  { kind: _, conclusion, explanation, ...line }: RandomLine,
  shard: Shard,
  asked: number,
  { durationMs }: StressModelRequest,
): ShardReport {
  const { expected, findings = [], complete = false } = line;
  // Executions were asked for, and a limit of time beside them: what the time did not allow is no failure to run.
  const isDone = complete || (conclusion !== 'stuck' && durationMs !== undefined);
  const judgement =
    conclusion === 'stuck'
      ? { result: 'inconclusive' as const, because: `${explanation}.`, exitCode: exitCodes.inconclusive }
      : judgeFindings(expected, findings, line.executions ?? 0);
  const { executions = 0, steps = 0, unended = 0, seconds = 0, findingsNotKept = 0 } = line;
  return {
    ...{ schemaVersion: 1, command: 'stress', on: 'model' },
    ...line,
    ...{ shard, asked, executions, steps, unended, seconds, findingsNotKept },
    complete: isDone,
    findings: findings.map((finding) => ({ ...finding, replay: replayCommand(finding.schedule) })),
    judgement,
    exitCode: judgement.exitCode,
    warnings:
      unended > 0
        ? [`${unended} of ${executions} executions did not end within ${line.limits.steps} steps.`]
        : [],
  };
}

/** Of random executions: what was found stands by itself, as in `kvtool stress` on threads; nothing is ever proved. */
export function judgeFindings(
  expected: Expected,
  findings: readonly ModelFinding[],
  executions: number,
): ModelJudgement {
  const [first] = findings;
  if (first === undefined) {
    const isFine = expected.outcome === 'ok';
    return {
      result: isFine ? 'as-expected' : 'inconclusive',
      because: `Nothing failed in ${executions} executions, which proves nothing${isFine ? '' : `; expected ${sayOutcome(expected)}`}.`,
      exitCode: isFine ? exitCodes.clean : exitCodes.inconclusive,
    };
  }
  const strays = findings.filter(({ outcome, message }) => !isExpected(expected, outcome, message));
  const exitCode = strongest(findings.map(({ outcome }) => exitOfOutcome(outcome)));
  const [stray] = strays;
  if (stray === undefined)
    return { result: 'as-expected', because: `It fails as expected: ${sayOutcome(first)}.`, exitCode };
  return {
    result: 'unexpected',
    because: `Found ${sayOutcome(stray)}; expected ${sayOutcome(expected)}.`,
    exitCode,
  };
}
