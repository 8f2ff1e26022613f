/**
 * `kvtool stress` on several scenarios or variants: one after another, a slice of time each, round and round, until the
 * time is over or all counts are done. Never two at once: a neighbour's load is no part of what a run shows.
 */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { count } from '../report/format.js';
import type { SeveralProgress } from '../report/progress-events.js';
import type { LaneReport, SeveralReport } from '../report/several-report.js';
import type { DeviceName } from '../scenario/manifest.js';
import { strongest } from './exit-of.js';
import { randomSeed, runSeed } from './seeds.js';
import type { Lane, Slice } from './several/lane.js';
import type { Plan } from './several/plan.js';
import { Tally } from './several/tally.js';

/** Every time is in ms. */
export interface StressSeveralRequest {
  device: DeviceName;
  /** Over all of it: begins no slice after it. */
  durationMs?: number;
  /** Failures, expected or not, after which a variant is done; 0: never. */
  stopAt: number;
  seed?: number;
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode?: () => number | undefined;
  onProgress?: (progress: SeveralProgress) => void;
}

/** Long enough that starting a process does not count, short enough that every variant has its turn soon, ms. */
const longestSliceMs = 2000;
const shortestSliceMs = 200;

/** @throws Abort (exit 2) when a scenario refuses its parameters */
export async function stressSeveral(
  { lanes, warnings }: Plan,
  request: StressSeveralRequest,
): Promise<SeveralReport> {
  const session = new Session(lanes, request);
  await session.run();
  return session.report(warnings);
}

interface Entry {
  lane: Lane;
  tally: Tally;
  /** An environment that lacks something today lacks it in the next slice. */
  isBroken: boolean;
}

class Session {
  readonly #request: StressSeveralRequest;
  readonly #entries: Entry[];
  readonly #seed: number;
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();

  constructor(lanes: readonly Lane[], request: StressSeveralRequest) {
    this.#request = request;
    this.#entries = lanes.map((lane) => ({ lane, tally: new Tally(lane), isBroken: false }));
    this.#seed = request.seed ?? randomSeed();
  }

  async run(): Promise<void> {
    for (;;) {
      const active = this.#entries.filter((entry) => !this.#isDone(entry));
      if (active.length === 0) return;
      const sliceMs = this.#sliceMs(active.length);
      for (const entry of active) {
        if (this.#isOver()) return;
        await this.#slice(entry, sliceMs);
      }
    }
  }

  report(warnings: readonly string[]): SeveralReport {
    const { device, durationMs, stopAt, signal, interruptCode } = this.#request;
    const variants = this.#reports();
    const falseAlarms = variants
      .filter(({ expected }) => expected === 'ok')
      .reduce((sum, { unexpected }) => sum + unexpected, 0);
    const notRun = variants.filter(({ slices }) => slices === 0).length;
    const codes = variants.map(({ exitCode }) => exitCode);
    if (signal.aborted) codes.push(interruptCode?.() ?? exitCodes.sigint);
    return {
      ...{ schemaVersion: 1, command: 'stress', on: 'several', seed: this.#seed, device },
      ...{ startedAt: this.#startedAt.toISOString(), durationMs: Math.round(this.#elapsedMs()) },
      ...given({ askedMs: durationMs }),
      ...{ stopAt, variants, falseAlarms, notRun, summary: summarise(variants, falseAlarms, notRun) },
      ...{ exitCode: strongest(codes), warnings: [...warnings] },
    };
  }

  #reports(): LaneReport[] {
    return this.#entries.map(({ tally }) => tally.report(this.#request.signal.aborted));
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  #leftMs(): number {
    return (this.#request.durationMs ?? Number.POSITIVE_INFINITY) - this.#elapsedMs();
  }

  #isOver(): boolean {
    return this.#request.signal.aborted || this.#leftMs() <= 0;
  }

  #isDone({ lane, tally, isBroken }: Entry): boolean {
    const { stopAt } = this.#request;
    const enough = lane.asked !== undefined && tally.work >= lane.asked;
    return this.#isOver() || isBroken || enough || (stopAt > 0 && tally.failures >= stopAt);
  }

  /** With little time for many variants each gets its share, so that all are run. */
  #sliceMs(active: number): number {
    return Math.max(shortestSliceMs, Math.min(longestSliceMs, this.#leftMs() / active));
  }

  async #slice(entry: Entry, sliceMs: number): Promise<void> {
    const { lane, tally } = entry;
    const { signal, onProgress } = this.#request;
    const seed = runSeed(this.#seed, idOf(lane), tally.slices);
    const show = (now: number): void => {
      const { durationMs: ofMs } = this.#request;
      const lanes = () => this.#reports();
      onProgress?.({ kind: 'running', lane, lanes, ms: this.#elapsedMs(), now, ...given({ ofMs }) });
    };
    show(0);
    const work = lane.asked === undefined ? undefined : lane.asked - tally.work;
    const ms = Math.max(1, Math.ceil(Math.min(sliceMs, this.#leftMs())));
    const slice = await attempt(
      lane,
      () => lane.run({ seed, ms, signal, onWork: show, ...given({ work }) }),
      signal,
    );
    if (slice === undefined) return;
    if (slice.result === 'error' && slice.exitCode === exitCodes.unavailable) entry.isBroken = true;
    // What makes no progress is done: it would have its turn for ever.
    if (slice.work === 0 && slice.result !== 'as-expected' && lane.asked !== undefined) entry.isBroken = true;
    const finding = tally.add(slice, seed);
    if (finding !== undefined) onProgress?.({ kind: 'found', lane, finding });
  }
}

/** Its place among the others is no part of it: a scenario more changes nobody's seeds. */
function idOf({ scenario, variant, on, runtime, path }: Lane): string {
  return [scenario, variant, on, runtime ?? '', path ?? ''].join('/');
}

/** A variant that cannot run is a result of its own and stops no other; a wrong command line stops all. */
async function attempt(
  { scenario, variant, on }: Lane,
  run: () => Promise<Slice | undefined>,
  signal: AbortSignal,
): Promise<Slice | undefined> {
  const startedMs = performance.now();
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof Error) || (error instanceof Abort && error.exitCode === exitCodes.usage))
      throw error;
    const exitCode = error instanceof Abort ? error.exitCode : exitCodes.bug;
    const advice =
      error instanceof Abort && error.suggestions.length > 0 ? ` (${error.suggestions.join('; ')})` : '';
    return {
      ...{ work: 0, ms: performance.now() - startedMs, failures: 0, result: 'error' as const, exitCode },
      ...{
        because: `${error.message}${advice}`,
        repeat: `kvtool stress ${scenario} --variant ${variant}${on === 'runtime' ? '' : ` --on ${on}`}`,
      },
    };
  }
}

function summarise(variants: readonly LaneReport[], falseAlarms: number, notRun: number): string {
  const having = (result: LaneReport['result']) => variants.filter((lane) => lane.result === result).length;
  const parts = [
    `${having('as-expected')} of ${count(variants.length, 'variant')} as expected`,
    count(falseAlarms, 'false alarm'),
    `${having('unexpected')} unexpected`,
    `${having('inconclusive') + having('interrupted')} inconclusive`,
    ...(having('error') > 0 ? [count(having('error'), 'error')] : []),
    ...(notRun > 0 ? [`${notRun} of them without any time`] : []),
  ];
  return `${parts.join(', ')}.`;
}
