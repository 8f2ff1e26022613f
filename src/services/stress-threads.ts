/** `kvtool stress --on threads` for scenarios of the model: the same code, on real threads, under seeded delays. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { runExplorer } from '../harness/explorer-process.js';
import { modelScenarios, pickModelScenario, pickModelVariant } from '../model/catalogue.js';
import { type ModelJudgement, sayOutcome } from '../model/judge.js';
import type { ProgressLine, ThreadsLine } from '../model/lines.js';
import type { ThreadsReport } from '../report/threads-report.js';
import { otherPlaces, scenarioIds } from '../scenario/registry.js';
import { randomSeed } from './seeds.js';

/** Every time is in ms. */
export interface StressThreadsRequest {
  scenario: string;
  variant: string;
  /** `name=value`. */
  parameters: readonly string[];
  rounds?: number;
  durationMs?: number;
  /** Without the end of a round for so long it hangs. */
  inactivityMs?: number;
  seed?: number;
  signal: AbortSignal;
  interruptCode?: () => number | undefined;
  onProgress?: (line: ProgressLine) => void;
}

const defaultRounds = 10_000;
/** When only rounds were asked for: a week, s. */
const longestSeconds = 604_800;
const graceMs = 60_000;
/** Timers of the runtime hold 31 bits of milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** Whether it has no manifest, so that only the catalogue knows it. */
export async function isOfCatalogueOnly(scenario: string): Promise<boolean> {
  return otherPlaces(scenario).includes('model') && !(await scenarioIds()).includes(scenario);
}

/**
 * @throws Abort (exit 2) for names and values that do not exist, and for variants that run in the model only; 130 or
 * 143 when interrupted; see `runExplorer`
 */
export async function stressThreads(request: StressThreadsRequest): Promise<ThreadsReport> {
  const { signal, durationMs, inactivityMs } = request;
  const scenario = pickModelScenario(await modelScenarios(), request.scenario);
  const variant = pickModelVariant(scenario, request.variant);
  if (!variant.realThreads) throw inModelOnly(scenario.id, variant.name);
  const seed = request.seed ?? randomSeed();
  const asked = request.rounds ?? (durationMs === undefined ? defaultRounds : 0);
  const seconds = durationMs === undefined ? longestSeconds : Math.max(durationMs / 1000, 0.001);
  const args = [
    ...['threads', scenario.id, '--variant', variant.name, '--seed', String(seed)],
    ...['--rounds', String(asked), '--seconds', String(seconds)],
    ...(inactivityMs === undefined ? [] : ['--hung-after-ms', String(Math.max(inactivityMs, 1))]),
    ...request.parameters.flatMap((parameter) => ['--param', parameter]),
  ];
  const deadlineMs = Math.min(seconds * 1000 + graceMs + (inactivityMs ?? 0), longestTimerMs);
  const { lines } = await runExplorer({ args, deadlineMs, signal, onProgress: request.onProgress });
  const found = lines.find((each): each is ThreadsLine => each.kind === 'result');
  if (found === undefined) throw new Abort('interrupted', request.interruptCode?.() ?? exitCodes.sigint);
  const { kind: _, ...line } = found;
  const judgement = judgeThreads(line);
  return {
    ...{ schemaVersion: 1, command: 'stress', on: 'threads' },
    ...line,
    ...{ asked, judgement, repeat: repeatCommand(line, request), exitCode: judgement.exitCode, warnings: [] },
  };
}

function inModelOnly(scenario: string, variant: string): Abort {
  const onDevice = otherPlaces(scenario).includes('device');
  const where = onDevice ? 'in the model and on the device' : 'in the model';
  const message = `variant "${variant}" of scenario "${scenario}" runs ${where} only`;
  return new Abort(message, exitCodes.usage, [
    `kvtool explore ${scenario}`,
    `kvtool stress ${scenario} --variant ${variant} --on model`,
    ...(onDevice ? [`kvtool stress ${scenario} --on device`] : []),
  ]);
}

/** What was found stands by itself; that nothing was found proves nothing, and of a buggy variant it says nothing. */
export function judgeThreads(line: Omit<ThreadsLine, 'kind'>): ModelJudgement {
  const { end, expected, rounds, mayNotShow } = line;
  const wanted = sayOutcome(expected);
  if (end === 'done') {
    if (rounds === 0) {
      return {
        result: 'inconclusive',
        because: 'No round ended in that time.',
        exitCode: exitCodes.inconclusive,
      };
    }
    if (expected.outcome === 'ok') {
      const because = `Nothing failed in ${rounds} rounds, which proves nothing.`;
      return { result: 'as-expected', because, exitCode: exitCodes.clean };
    }
    const why = mayNotShow ? ', which this processor may never show' : '';
    const because = `Nothing failed in ${rounds} rounds: the window never opened; expected ${wanted}${why}.`;
    return { result: 'inconclusive', because, exitCode: exitCodes.inconclusive };
  }
  const exitCode = exitOfEnd(line);
  const found = sayEnd(line);
  if (isExpectedEnd(line))
    return { result: 'as-expected', because: `It fails as expected: ${found}.`, exitCode };
  const killed = exitCode === exitCodes.retry ? ' The process was killed from outside.' : '';
  return {
    result: killed === '' ? 'unexpected' : 'inconclusive',
    because: `Found ${found}; expected ${wanted}.${killed}`,
    exitCode,
  };
}

type Ended = Omit<ThreadsLine, 'kind'>;

function isExpectedEnd({ end, expected, broken }: Ended): boolean {
  const hangs = isHang(expected);
  if (end === 'hung' && hangs) return true;
  if (expected.outcome === 'ok' || hangs) return false;
  // The model stops at the first failure; threads go on, and may break more.
  return broken.some((text) => text.startsWith(expected.message));
}

function isHang({ outcome }: Ended['expected']): boolean {
  return outcome === 'deadlock' || outcome === 'livelock';
}

function exitOfEnd({ end, broken, expected }: Ended): number {
  // Threads go on after an invariant broke, and hang for that reason.
  if (end === 'hung') return broken.length === 0 || isHang(expected) ? exitCodes.deadlock : exitCodes.race;
  // Nothing of ours kills it but when it hangs: an out-of-memory killer, or somebody.
  if (end === 'crashed' && broken.includes('killed by Killed')) return exitCodes.retry;
  return exitCodes.race;
}

export function sayEnd({ end, broken, rounds }: Ended): string {
  if (end === 'hung') return [...broken, `a hang after ${rounds} rounds`].join('; then ');
  return end === 'crashed' ? `a crash, ${broken.join('; ')}` : broken.join('; ');
}

/** The delays of a round follow from its seed; which thread wins does not. */
function repeatCommand(
  { scenario, variant, seed, failingSeed }: Ended,
  request: StressThreadsRequest,
): string {
  const { parameters, rounds, durationMs } = request;
  return [
    ...['kvtool', 'stress', scenario, '--variant', variant, '--on', 'threads'],
    ...['--seed', String(failingSeed ?? seed)],
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(durationMs === undefined ? [] : ['--duration', `${durationMs}ms`]),
    ...parameters.flatMap((parameter) => ['--param', parameter]),
  ].join(' ');
}
